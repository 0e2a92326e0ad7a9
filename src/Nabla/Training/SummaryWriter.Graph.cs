using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Nabla.IO;
using Nabla.Nn;

namespace Nabla.Training;

public sealed partial class SummaryWriter
{
    /// <summary>
    /// The graph of a model: its operations, grouped by module, its parameters, inputs and outputs, with shapes. The model is called once,
    /// in evaluation mode, and is afterwards as before.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="input">An example of its input.</param>
    /// <remarks>What is drawn is what would be differentiated: operations that no gradient could pass are left out.</remarks>
    /// <exception cref="AutogradException">No output depends on a parameter or on a floating-point input.</exception>
    public void AddGraph<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut>(
        Module<TIn, TOut> model, TIn input)
    {
        ArgumentNullException.ThrowIfNull(model);
        (Module Module, bool Training)[] modes = [.. model.Modules().Select(static m => (m, m.Training))];
        List<(Tensor Tensor, Node? Node)> inputs = [];
        List<Tensor> outputs;
        try
        {
            model.Eval();
            using GradScope scope = Autograd.EnableGrad();
            using ModuleRecording recording = GraphPicture.RecordModules();
            TIn traced = Tree.Map(input, t =>
            {
                Tensor x = t.Detach();
                // A copy, because a model may write into its input, which a leaf that requires a gradient forbids.
                if (x.DType.IsFloatingPoint() || x.DType.IsComplex()) x = x.RequiresGrad_().Clone();
                inputs.Add((x, x.GradFn));
                return x;
            });
            outputs = [.. Tree.Leaves(model.Call(traced)).Where(static t => t.RequiresGrad)];
        }
        finally
        {
            // Parents come before their children, which then get their own modes back.
            foreach ((Module module, bool training) in modes) module.SetTraining(training);
        }
        if (outputs.Count == 0)
            Throw.Graph("AddGraph: no output of the model depends on a parameter or on a floating-point input, so that there is no graph.");
        byte[] graph = new GraphDef(model, inputs, outputs).Write();
        Event(Now(), null, m => m.Bytes(4, graph));
    }

    /// <summary>TensorFlow's description of a graph, out of what a backward would run.</summary>
    private sealed class GraphDef
    {
        private readonly GraphSnapshot graph;
        private readonly List<(Tensor Tensor, Node? Node)> inputs;
        private readonly string[] names;
        private readonly HashSet<string> taken = new(StringComparer.Ordinal);
        private readonly Dictionary<Tensor, string> parameters = new(ReferenceEqualityComparer.Instance);
        private readonly HashSet<int> leftOut = [];
        private readonly ProtoWriter file = new();

        internal GraphDef(Module model, List<(Tensor Tensor, Node? Node)> inputs, List<Tensor> outputs)
        {
            graph = new GraphSnapshot(outputs, new GraphPictureOptions { MaxNodes = int.MaxValue, ShowSavedBytes = false });
            this.inputs = inputs;
            names = new string[graph.Count];
            string root = graph.Modules.All is [{ } outermost, ..] ? outermost.Path : "model";
            foreach ((string name, Tensor parameter) in model.NamedParameters()) parameters.TryAdd(parameter, $"{root}.{name}");
            Dictionary<Node, int> entries = new(ReferenceEqualityComparer.Instance);
            for (int i = 0; i < inputs.Count; i++) if (inputs[i].Node is { } copy) entries.Add(copy, i);
            // The order of the program, so that numbers in names rise with it.
            int[] order = [.. Enumerable.Range(0, graph.Count).OrderBy(id => graph[id].Sequence).ThenBy(static id => id)];
            foreach (int id in order)
            {
                if (!entries.TryGetValue(graph[id], out int entry)) continue;
                names[id] = Unique($"input/{entry.ToString(CultureInfo.InvariantCulture)}");
                leftOut.Add(graph.Input(id, 0).Node);
            }
            foreach (int id in order) names[id] ??= Unique(Name(id));
            string[] plain = new string[inputs.Count];
            for (int i = 0; i < inputs.Count; i++)
            {
                if (inputs[i].Node is not null) continue;
                plain[i] = Unique($"input/{i.ToString(CultureInfo.InvariantCulture)}");
                Write(plain[i], "IO Node", [], [(inputs[i].Tensor.DType, inputs[i].Tensor.layout)]);
            }
            foreach (int id in order) if (!leftOut.Contains(id)) Write(id, entries.ContainsKey(graph[id]), plain);
            for (int i = 0; i < outputs.Count; i++)
            {
                (_, int node, int output) = graph.Results[i];
                Write(Unique($"output/{i.ToString(CultureInfo.InvariantCulture)}"), "IO Node", [Place(node, output)],
                    [(outputs[i].DType, outputs[i].layout)]);
            }
            file.Message(4, static versions => versions.Int64(1, 22));
        }

        internal byte[] Write() => file.Written.ToArray();

        private string Name(int id)
        {
            Node node = graph[id];
            if (node.Variable is { } leaf && parameters.TryGetValue(leaf, out string? parameter)) return Clean(parameter);
            string name = node.Variable is null ? Operation(node) : node.Variable.Name ?? "leaf";
            return graph.Modules[id] is { } module ? Clean($"{module.Path}.{name}") : Clean(name);
        }

        /// <summary>What was done: the node's name without what says that it is its derivative.</summary>
        private static string Operation(Node node)
        {
            int at = node.Name.LastIndexOf("Backward", StringComparison.Ordinal);
            return at > 0 ? node.Name[..at] : node.Name;
        }

        private void Write(int id, bool isInput, string[] plain)
        {
            Node node = graph[id];
            List<string> operands = [];
            for (int i = 0; i < node.InputCount && !isInput; i++)
            {
                (int input, int output) = graph.Input(id, i);
                if (input >= 0) operands.Add(Place(input, output));
            }
            // Inputs of whole numbers have no nodes; whoever looked something up by them has saved them.
            foreach (SavedValue saved in graph.SavedBy(id))
                for (int i = 0; i < plain.Length; i++)
                    if (plain[i] is not null && saved.Tensor is { } t && t.storage == inputs[i].Tensor.storage
                        && !operands.Contains(plain[i]))
                        operands.Add(plain[i]);
            (DType, Layout)[] shapes = new (DType, Layout)[node.OutputCount];
            for (int i = 0; i < shapes.Length; i++) shapes[i] = (node.Output(i).DType, node.Output(i).Layout);
            Write(names[id], isInput ? "IO Node" : node.Variable is null ? Operation(node) : "Parameter", operands, shapes);
        }

        private void Write(string name, string op, List<string> operands, (DType DType, Layout Layout)[] outputs) => file.Message(1, node =>
        {
            node.String(1, name);
            node.String(2, op);
            foreach (string operand in operands) node.String(3, operand);
            if (outputs.Length == 0) return;
            Attribute(node, "T", value => value.Int64(6, Number(outputs[0].DType)));
            Attribute(node, "_output_shapes", value => value.Message(1, list =>
            {
                foreach ((_, Layout layout) in outputs)
                    list.Message(7, shape =>
                    {
                        foreach (long size in layout.shape) shape.Message(2, dim => dim.Int64(1, size));
                    });
            }));
        });

        private static void Attribute(ProtoWriter node, string name, Action<ProtoWriter> value) => node.Message(5, entry =>
        {
            entry.String(1, name);
            entry.Message(2, value);
        });

        private string Place(int id, int output) =>
            output == 0 ? names[id] : string.Create(CultureInfo.InvariantCulture, $"{names[id]}:{output}");

        private string Unique(string name)
        {
            string unique = name;
            for (int i = 1; !taken.Add(unique); i++) unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
            return unique;
        }

        /// <summary>A path as TensorFlow names nodes: parts with slashes between, of few characters.</summary>
        private static string Clean(string path)
        {
            StringBuilder name = new();
            foreach (char c in path) name.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? c : c == '.' ? '/' : '_');
            return name[0] == '_' ? name.Insert(0, 'n').ToString() : name.ToString();
        }

        /// <summary>The number of a dtype in TensorFlow's list.</summary>
        private static int Number(DType dtype) => dtype switch
        {
            DType.Float32 => 1,
            DType.Float64 => 2,
            DType.Int32 => 3,
            DType.UInt8 => 4,
            DType.Int16 => 5,
            DType.Int8 => 6,
            DType.Complex64 => 8,
            DType.Int64 => 9,
            DType.Bool => 10,
            DType.BFloat16 => 14,
            DType.Complex128 => 18,
            _ => 19,
        };
    }
}
