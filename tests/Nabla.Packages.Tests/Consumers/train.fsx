#r "Nabla.dll"
#nowarn "3391" // Numbers, arrays and ranges become shapes, scalars and indices by themselves.
open System
open Nabla
open Nabla.Nn
open Nabla.Optim

// Slices as F# writes them: x.[1..3], x.[*, 0..0].
type Tensor with
    member private t.Range(first: int option, last: int option) : TensorIndex =
        let stop = match last with Some n -> Index(n + 1) | None -> Index(0, true)
        Range(Index(defaultArg first 0), stop)
    member t.GetSlice(first, last) = t.[t.Range(first, last)]
    member t.GetSlice(a, b, c, d) = t.[t.Range(a, b), t.Range(c, d)]
    member t.GetSlice(row: int, a, b) = t.[TensorIndex.op_Implicit row, t.Range(a, b)]

// Tensors, operators with numbers, gradients.
let x = Tensor.From([| 3.0 |]).RequiresGrad_()
let z = 2.0 * x.Pow(2) + 3.0
z.Backward()
printfn "%O %O" z.GradFn x.Grad

// Shapes, places and slices.
let m = Tensor.Arange(12.0).Reshape(struct (3L, 4L))
printfn "%O" m.[1]
printfn "%O" m.[0..1, 1..2]
printfn "%O" m.[-1, 2..]
printfn "%O" ((1.0 - m / 2.0).Sum(1))
printfn "%O %O" (Tensor.Zeros(2L, 3L).Shape) (Tensor.Ones(struct (2L, 3L), dtype = DType.Float64).DType)

// A module is a class whose let bindings are its parameters.
type Net() =
    inherit Module<Tensor, Tensor>()
    let fc1 = Linear(2L, 16L)
    let fc2 = Linear(16L, 1L)
    override _.Forward(input) = fc2.Call(fc1.Call(input).Tanh())

Tensor.ManualSeed(0L)
let net = Net()
let adam = Adam(net.Parameters(), lr = 0.02)
let inputs = Tensor.Randn(64L, 2L)
let targets = (inputs.[*, 0..0] * inputs.[*, 1..1]).Gt(Scalar.op_Implicit 0.0).To(DType.Float32)
let losses =
    [ for _ in 1..200 do
          adam.ZeroGrad()
          let loss = Functional.BinaryCrossEntropyWithLogits(net.Call(inputs), targets)
          loss.Backward()
          adam.Step()
          loss.Item() ]
printfn "%s" (String.Join(" ", net.StateDict().Keys))
printfn "%s" (if List.last losses < List.head losses / 4.0 then "learned" else sprintf "not learned: %A" losses)

// Layers in a row, a derivative of a function, numbers in place.
printfn "%O" (Sequential(Linear(2L, 3L), Tanh()).Call(inputs).Shape)
printfn "%O" (Func.Grad(Func<Tensor, Tensor>(fun t -> t.Pow(3).Sum())).Invoke(Tensor.From([| 1.0; 2.0 |])))
let w = Tensor.Ones(3L)
using (Autograd.NoGrad()) (fun _ -> w.Sub_(Scalar.op_Implicit 0.5) |> ignore)
printfn "%O" w
