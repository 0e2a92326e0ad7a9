namespace Nabla.IO;

/// <summary>The closed table of what a PyTorch file may name. No type is looked up by a name out of a file.</summary>
internal enum PickleGlobal
{
    OrderedDict, RebuildTensor, RebuildParameter, Size, Device,
}

/// <summary>A class or function named by a file, or a storage: what the grammar needs and no result may hold.</summary>
internal abstract record PickleInternal
{
    /// <summary>One of the table's functions.</summary>
    internal sealed record Function(PickleGlobal Global) : PickleInternal;

    /// <summary>The class of storages of a dtype.</summary>
    internal sealed record StorageType(DType DType) : PickleInternal;

    /// <summary>The bytes of one or more tensors.</summary>
    internal sealed record Memory(Storage Storage, DType DType, long Count) : PickleInternal;
}

internal static class PickleGlobals
{
    /// <summary>What the file may name, as <c>module name</c>.</summary>
    private static readonly Dictionary<string, object> Allowed = Table();

    private static Dictionary<string, object> Table()
    {
        Dictionary<string, object> table = new(StringComparer.Ordinal);
        foreach (PickleGlobal global in Enum.GetValues<PickleGlobal>()) table.Add(Name(global), new PickleInternal.Function(global));
        for (DType dtype = DType.Bool; dtype.IsDefined(); dtype++)
        {
            table.Add(StorageName(dtype), new PickleInternal.StorageType(dtype));
            table.Add(Name(dtype), dtype);
        }
        return table;
    }

    internal static string Name(PickleGlobal global) => global switch
    {
        PickleGlobal.OrderedDict => "collections OrderedDict",
        PickleGlobal.RebuildTensor => "torch._utils _rebuild_tensor_v2",
        PickleGlobal.RebuildParameter => "torch._utils _rebuild_parameter",
        PickleGlobal.Size => "torch Size",
        _ => "torch device",
    };

    internal static string Name(DType dtype) => "torch " + dtype.Name();

    /// <summary>PyTorch's class of the storages of a dtype.</summary>
    internal static string StorageName(DType dtype) => $"torch {dtype.ScalarName()}Storage";

    /// <summary>What a name stands for; null if the file may not name it.</summary>
    internal static object? Find(string name) => Allowed.GetValueOrDefault(name);

    /// <summary>Why something that PyTorch itself writes and Nabla does not have is refused; null for everything else.</summary>
    internal static string? Foreign(string name) => name switch
    {
        "torch._utils _rebuild_qtensor" => "quantized tensors; save x.dequantize()",
        "torch._utils _rebuild_sparse_tensor" or "torch.serialization _get_layout" => "sparse tensors and layouts; save x.to_dense()",
        "torch._utils _rebuild_tensor_v3" or "torch uint16" or "torch uint32" or "torch uint64" or "torch float8_e4m3fn"
            or "torch float8_e5m2" or "torch float8_e4m3fnuz" or "torch float8_e5m2fnuz" =>
            "a dtype that Nabla does not have; convert it to another one",
        "torch._utils _rebuild_wrapper_subclass" or "torch._tensor _rebuild_from_type_v2" or "torch._utils _rebuild_parameter_with_state" =>
            "a subclass of Tensor or a tensor with attributes; save its plain values",
        "torch._utils _rebuild_nested_tensor" => "nested tensors; save x.unbind()",
        "torch._utils _rebuild_meta_tensor_no_storage" => "tensors of the device meta, which have no values",
        "torch.storage UntypedStorage" or "torch.storage TypedStorage" => "a storage without a tensor",
        "__builtin__ set" or "builtins set" => "a set; save a list",
        "__builtin__ complex" or "builtins complex" => "a complex number; save a tensor",
        "__builtin__ bytearray" or "builtins bytearray" or "_codecs encode" => "bytes; save a tensor of uint8",
        "collections Counter" or "collections defaultdict" => "a Counter or defaultdict; save a dict",
        _ => null,
    };
}
