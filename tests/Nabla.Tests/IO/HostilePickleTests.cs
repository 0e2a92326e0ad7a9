using System.Text;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Pickles that a state dict never is.</summary>
public sealed class HostilePickleTests
{
    /// <summary>An archive around a pickle (its PROTO and STOP are added) and storages of the given bytes.</summary>
    private static byte[] File(byte[] pickle, params byte[][] storages) => Files.Saved(s =>
    {
        ZipWriter zip = new(s, 64);
        zip.Store("x/data.pkl", [0x80, 2, .. pickle, (byte)'.']);
        zip.Store("x/version", "3\n"u8);
        for (int i = 0; i < storages.Length; i++) zip.Store($"x/data/{i}", storages[i]);
        zip.Finish();
    });

    /// <summary>Latin-1 text as bytes.</summary>
    private static byte[] P(string opcodes) => Encoding.Latin1.GetBytes(opcodes);

    private static string S(string text) => $"X{(char)text.Length}\0\0\0{text}";

    private static void Broken(string words, string opcodes, params byte[][] storages)
    {
        byte[] file = File(P(opcodes), storages);
        Files.Broken(words, () => TorchFile.Load(new MemoryStream(file)));
    }

    private static object? Load(string opcodes, params byte[][] storages) => TorchFile.Load(new MemoryStream(File(P(opcodes), storages)));

    private const string Float = "ctorch\nFloatStorage\n", Rebuild = "ctorch._utils\n_rebuild_tensor_v2\n",
        Ordered = "ccollections\nOrderedDict\n";

    private static string Memory(string type = Float, string key = "0", string count = "K\u0002", string tag = "storage") =>
        $"({S(tag)}{type}{S(key)}{S("cpu")}{count}tQ";

    private static string TensorOf(string memory, string offset = "K\0", string size = "K\u0002\u0085",
        string stride = "K\u0001\u0085", string grad = "\u0089", string hooks = Ordered + ")R", string more = "") =>
        $"{Rebuild}({memory}{offset}{size}{stride}{grad}{hooks}{more}tR";

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("__builtin__", "exec")]
    [InlineData("torch", "load")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    [InlineData("numpy.core.multiarray", "_reconstruct")]
    [InlineData("collections", "OrderedDict ")]
    [InlineData("System.Diagnostics.Process", "Start")]
    [InlineData("torch", "os.system")]
    [InlineData("", "")]
    public void NoOtherNameIsKnown(string module, string name)
    {
        Broken("was not an allowed global", $"c{module}\n{name}\n({S("true")}tR");
        Broken("was not an allowed global", $"c{module}\n{name}\n)\u0081");
    }

    [Theory]
    [InlineData('\u0081')]
    [InlineData('i')]
    [InlineData('o')]
    [InlineData('\u0082')]
    [InlineData('\u008c')]
    [InlineData('\u0093')]
    [InlineData('\u0095')]
    [InlineData('\u0096')]
    [InlineData('\u008b')]
    [InlineData('P')]
    [InlineData('S')]
    [InlineData('I')]
    [InlineData('0')]
    [InlineData('2')]
    [InlineData('\u008f')]
    [InlineData('\u0080')]
    [InlineData('\u00ff')]
    public void NoOtherOpcodeIsKnown(char op) => Broken("Unsupported operand", $"NN{op}{S("abcdefgh")}");

    [Fact]
    public void TheMachineNeverRunsOut()
    {
        Broken("more values than there are", "R");
        Broken("more values than there are", "NR");
        Broken("more values than there are", "\u0085");
        Broken("more values than there are", "N\u0086");
        Broken("more values than there are", "NN(\u0086");
        Broken("more values than there are", "a");
        Broken("more values than there are", "]a");
        Broken("more values than there are", "q\0");
        Broken("more values than there are", "Q");
        Broken("more values than there are", "(e");
        Broken("wants a MARK", "e");
        Broken("wants a MARK", "u");
        Broken("wants a MARK", "t");
        Broken("Memo value not found", "h\0");
        Broken("Memo value not found", "j\u00ff\u00ff\u00ff\u00ff");
        Broken("0 values", "");
        Broken("2 values", "NN");
        Broken("1 marks", "N(");
        Broken("past the end", "J\0");
        Broken("past the end", "X\u00ff\u00ff\u00ff\u00ff");
        Broken("past the end", "X\0\0\0\u0080");
        Broken("past the end", "\u008a\u00ff");
        Broken("does not end", "ctorch");
        Broken("beyond 64 bits", "\u008a\u0009123456789");
        Broken("not UTF-8", "X\u0001\0\0\0\u00ff");
        Broken("follow the end", "N.");
        Assert.Null(Load("Nr\u00ff\u00ff\u00ff\u00ff"));
    }

    [Fact]
    public void ContainersTakeWhatIsTheirs()
    {
        Broken("Can only append to lists", "}Na");
        Broken("Can only append to lists", ")Na");
        Broken("Can only append to lists", "}(NNe");
        Broken("Can only set items", "]NNs");
        Broken("Can only set items", "](NNu");
        Broken("Can only set items", "NNNs");
        Broken("a key without a value", "}(Nu");
        Broken("a key of a dictionary is a None", "}NNs");
        Broken("a key of a dictionary is a tuple", "})Ns");
        Broken("a key of a dictionary is a float", "}G\0\0\0\0\0\0\0\0Ns");
        Broken("occurs twice", $"}}({S("a")}N{S("a")}Nu");
        Broken("Can only build OrderedDict", "}}b");
        Broken("Can only build OrderedDict", TensorOf(Memory()) + "}b", new byte[8]);
        Broken("not a dictionary of names", $"{Ordered})RNb");
        Broken("unrecognized function", ")N)R");
        Broken("unrecognized function", "ctorch\nfloat32\n)R");
        Broken("unrecognized function", Ordered + "NR");
        Broken("begins with arguments", Ordered + "]\u0085R");
        Broken("torch.Size is not a tuple", "ctorch\nSize\n)R");
        Broken("torch.device are not", "ctorch\ndevice\n)R");
        Broken("which is no value", Ordered);
        Broken("which is no value", Ordered + "\u0085");
        Broken("which is no value", "]" + Ordered + "a");
        Broken("which is no value", "]" + Ordered + "\u0085" + "a");
        Broken("which is no value", Memory(), new byte[8]);
    }

    [Fact]
    public void NothingContainsItselfAndNothingIsDeep()
    {
        Broken("holds itself", "]q\0h\0a");
        Broken("holds itself", $"}}q\0{S("a")}h\0s");
        Broken("part of another value", "]q\0\u0085q\u0001h\0h\u0001a\u0086");
        Broken("part of another value", "]q\0]q\u0001h\0ah\0h\u0001a\u0086");
        Broken("more than 64 deep", ")" + new string('\u0085', 200_000));
        Broken("more than 64 deep", new string(']', 65) + new string('a', 64));
        Assert.NotNull(Load(new string(']', 64) + new string('a', 63)));
    }

    [Fact]
    public void AValueThatRepeatsItsPartsDoesNotGrow()
    {
        StringBuilder laughs = new("]q\0(NNNNNNNNNNe");
        for (int i = 1; i < 30; i++) laughs.Append($"]q{(char)i}({string.Concat(Enumerable.Repeat($"h{(char)(i - 1)}", 10))}e");
        Broken("written out", laughs + "\u0087");
        StringBuilder doubled = new(")q\0");
        for (int i = 1; i < 60; i++) doubled.Append($"h\0\u0086q\0");
        Broken("written out", doubled.ToString());
    }

    [Fact]
    public void MemoryIsBoundedByTheFile()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Broken("are not 1099511627776 elements", TensorOf(Memory(count: "\u008a\u0006\0\0\0\0\0\u0001")), new byte[24]);
        Broken("past the end", "X\0\0\0\u0040");
        Broken("2 values", "NNr\u00ff\u00ff\u00ff\u00ff");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        IEnumerable<string> remembered = Enumerable.Range(0, 50_000).Select(static i => $"Nr{(char)(i & 255)}{(char)(i >> 8)}\0\0");
        Assert.NotNull(Load($"({string.Concat(remembered)}t"));
    }

    [Fact]
    public void Storages()
    {
        byte[] two = new byte[8];
        Assert.Equal(2, ((Tensor)Load(TensorOf(Memory()), two)!).NumElements);
        Broken("are not 600 elements", TensorOf(Memory(count: "M\u0058\u0002")), new byte[24]);
        Broken("are not 1 elements", TensorOf(Memory(count: "K\u0001"), size: "K\u0001\u0085"), two);
        Broken("-1 elements", TensorOf(Memory(count: "J\u00ff\u00ff\u00ff\u00ff")), two);
        Broken("are not 4611686018427387904", TensorOf(Memory(count: "\u008a\u0008\0\0\0\0\0\0\0\u0040")), two);
        Broken("file not found", TensorOf(Memory(key: "1")), two);
        Broken("file not found", TensorOf(Memory(key: "../0")), two);
        Broken("file not found", TensorOf(Memory(key: "/etc/passwd")), two);
        Broken("Only persistent_load of storage", TensorOf(Memory(tag: "module")), two);
        Broken("Only persistent_load of storage", "K\0Q");
        Broken("Only persistent_load of storage", $"({S("storage")}tQ");
        Broken("not described by a class", TensorOf(Memory(type: "N")), two);
        Broken("not described by a class", TensorOf(Memory(count: "N")), two);
        Broken("in two ways", $"{TensorOf(Memory())}{TensorOf(Memory("ctorch\nIntStorage\n"))}\u0086", two);
        Broken("not 0 or 1", TensorOf(Memory("ctorch\nBoolStorage\n")), [1, 2]);
    }

    [Fact]
    public void Tensors()
    {
        byte[] two = new byte[8];
        Broken("out of bounds", TensorOf(Memory(), offset: "K\u0001"), two);
        Broken("out of bounds", TensorOf(Memory(), size: "K\u0003\u0085"), two);
        Broken("out of bounds", TensorOf(Memory(), stride: "K\u0002\u0085"), two);
        Broken("out of bounds", TensorOf(Memory(), offset: "J\u00ff\u00ff\u00ff\u00ff"), two);
        Broken("out of bounds", TensorOf(Memory(), offset: "K\u0003", size: "K\0\u0085"), two);
        Broken("out of bounds", TensorOf(Memory(), stride: "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u0085"), two);
        Broken("not a tuple", TensorOf(Memory(), size: "J\u00ff\u00ff\u00ff\u00ff\u0085"), two);
        Broken("not a tuple", TensorOf(Memory(), stride: "J\u00ff\u00ff\u00ff\u00ff\u0085"), two);
        Broken("not a tuple", TensorOf(Memory(), size: "K\u0002"), two);
        Broken("not a tuple", TensorOf(Memory(), size: "\u0088\u0085"), two);
        Broken("not a tuple", TensorOf(Memory(), size: "(" + string.Concat(Enumerable.Repeat("K\u0001", 65)) + "t"), two);
        Broken("1 sizes and 2 strides", TensorOf(Memory(), stride: "K\u0001K\u0001\u0086"), two);
        Broken("64 bits", TensorOf(Memory(), size: "\u008a\u0008\0\0\0\0\0\0\0\u0040K\u0004\u0086", stride: "K\0K\0\u0086"), two);
        Broken("the arguments of _rebuild_tensor_v2", TensorOf("N"), two);
        Broken("the arguments of _rebuild_tensor_v2", TensorOf(Memory(), grad: "K\u0001"), two);
        Broken("the arguments of _rebuild_tensor_v2", TensorOf(Memory(), more: "NN"), two);
        Broken("the arguments of _rebuild_tensor_v2", Rebuild + ")R");
        Broken("backward hooks", TensorOf(Memory(), hooks: $"}}{S("a")}Ns"), two);
        Broken("backward hooks", TensorOf(Memory(), hooks: "]"), two);
        Broken("requires a gradient", TensorOf(Memory("ctorch\nIntStorage\n"), grad: "\u0088"), two);
        Broken("the arguments of _rebuild_parameter", "ctorch._utils\n_rebuild_parameter\nN\u0088N\u0087R");
        Assert.Throws<NotSupportedException>(() => Load(TensorOf(Memory(), more: $"}}{S("conj")}\u0088s"), two));
        object? empty = Load(TensorOf(Memory(), offset: "K\u0002", size: "K\0K\u0005\u0086", stride: "K\u0005K\u0001\u0086"), two);
        Assert.Equal((Shape)(0, 5), ((Tensor)empty!).Shape);
    }

    [Fact]
    public void Protocols()
    {
        byte[] file = Files.Saved(static s =>
        {
            ZipWriter zip = new(s, 1);
            zip.Store("x/data.pkl", [0x80, 4, (byte)'N', (byte)'.']);
            zip.Store("x/version", "3\n"u8);
            zip.Finish();
        });
        Assert.Contains("protocol 4", Assert.Throws<NotSupportedException>(() => TorchFile.Load(new MemoryStream(file))).Message);
    }

    [Fact]
    public void Archives()
    {
        static byte[] Archive(params (string Name, string Text)[] entries) => Files.Saved(s =>
        {
            ZipWriter zip = new(s, 1);
            foreach ((string name, string text) in entries) zip.Store(name, Encoding.Latin1.GetBytes(text));
            zip.Finish();
        });
        const string none = "\u0080\u0002N.";
        foreach ((string words, (string, string)[] entries) in new (string, (string, string)[])[]
        {
            ("file not found", [("x/version", "3\n")]),
            ("locating file version", [("x/data.pkl", none)]),
            ("locating file version", [("x/data.pkl", none), ("x/version", "three")]),
            ("Unknown endianness", [("x/data.pkl", none), ("x/version", "3"), ("x/byteorder", "middle")]),
            ("a few are expected", [("x/data.pkl", none), ("x/version", new string('3', 100))]),
            ("do not lie in one folder", [("x/data.pkl", none), ("y/data.pkl", none), ("x/version", "3")]),
            ("do not lie in one folder", [("data.pkl", none), ("version", "3")]),
            ("occurs twice", [("x/data.pkl", none), ("x/data.pkl", none), ("x/version", "3")]),
            ("does not begin with PROTO", [("x/data.pkl", "N."), ("x/version", "3")]),
            ("does not end with STOP", [("x/data.pkl", "\u0080\u0002N"), ("x/version", "3")]),
        })
            Files.Broken(words, () => TorchFile.Load(new MemoryStream(Archive(entries))));
    }
}
