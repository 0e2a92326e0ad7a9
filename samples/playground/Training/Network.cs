using Nabla.Nn;

namespace Nabla.Playground;

/// <summary>Layers of one width with an activation between them. Its parts are plain fields: the base class finds them.</summary>
public sealed class Network : Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> hidden = new();
    private readonly Linear output;
    private readonly Activation activation;

    public Network(int layers, int width, int classes, Activation activation)
    {
        this.activation = activation;
        for (int i = 0; i < layers; i++) hidden.Add(new Linear(i == 0 ? 2 : width, width));
        output = new Linear(width, classes);
    }

    /// <summary>From the first to the last.</summary>
    public IEnumerable<Linear> Layers => hidden.Append(output);

    /// <summary>Told what comes out of each layer, by the layer's number.</summary>
    public Action<int, Tensor>? Watch { get; set; }

    protected override Tensor Forward(Tensor x)
    {
        for (int i = 0; i < hidden.Count; i++)
        {
            x = Activate(hidden[i].Call(x));
            Watch?.Invoke(i, x);
        }
        x = output.Call(x);
        Watch?.Invoke(hidden.Count, x);
        return x;
    }

    private Tensor Activate(Tensor x) => activation switch
    {
        Activation.Relu => x.Relu(),
        Activation.Gelu => Functional.Gelu(x),
        Activation.Silu => Functional.Silu(x),
        Activation.Sigmoid => x.Sigmoid(),
        _ => x.Tanh(),
    };
}
