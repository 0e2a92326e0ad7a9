using System.Diagnostics;

namespace Nabla;

/// <summary>What a debugger shows of a tensor.</summary>
internal sealed class TensorDebugView(Tensor tensor)
{
    public string Shape => tensor.Shape.ToString();
    public DType DType => tensor.DType;
    public string Strides => Nabla.Shape.Format(tensor.Strides);
    public bool RequiresGrad => tensor.RequiresGrad;
    public Node? GradFn => tensor.GradFn;
    public Tensor? Grad => tensor.Grad;

    [DebuggerBrowsable(DebuggerBrowsableState.RootHidden)]
    public string[] Values => tensor.ToString().Split('\n');
}
