using System.Text;

namespace Nabla.IO;

/// <content>What the names stand for: tensors, parameters, sizes, ordered dictionaries.</content>
internal sealed partial class PickleReader
{
    private object Global()
    {
        int start = at;
        string name = $"{Line()} {Line()}";
        if (PickleGlobals.Find(name) is { } found) return found;
        if (PickleGlobals.Foreign(name) is { } what) Throw.Unsupported($"{place}, byte {start}: the file holds {what} (GLOBAL {name}).");
        at = start;
        Fail($"Unsupported global: GLOBAL {Throw.Quote(name.Replace(' ', '.'))} was not an allowed global; no class or function " +
            "is ever looked up by a name out of a file");
        return "";
    }

    private string Line()
    {
        int length = bytes.AsSpan(at).IndexOf((byte)'\n');
        if (length < 0) Fail("the name of a class or function does not end");
        ReadOnlySpan<byte> line = Take((uint)length + 1)[..^1];
        return Encoding.Latin1.GetString(line);
    }

    /// <summary>A storage: ('storage', class, key, device, number of elements).</summary>
    private PickleInternal.Memory Persistent(object? id)
    {
        if (id is not object?[] { Length: 5 } tuple || tuple[0] is not "storage")
        {
            Fail("Only persistent_load of storage is allowed: a tuple of 'storage', a class, a key, a device and a number");
            return null;
        }
        if (tuple is not [_, PickleInternal.StorageType { DType: var dtype }, string key, string, long count])
        {
            Fail("a storage is not described by a class, a key, a device and a number");
            return null;
        }
        if (count < 0) Fail($"storage {Throw.Quote(key)} has {count} elements");
        return new(load(key, dtype, count), dtype, count);
    }

    private void Reduce()
    {
        object? arguments = Pop(), function = Pop();
        if (function is not PickleInternal.Function { Global: var global } || arguments is not object?[] tuple)
        {
            Fail($"Trying to call reduce for unrecognized function: a {Kind(function)}");
            return;
        }
        stack.Add(global switch
        {
            PickleGlobal.OrderedDict => OrderedDict(tuple),
            PickleGlobal.RebuildTensor => Rebuild(tuple),
            PickleGlobal.RebuildParameter => Parameter(tuple),
            PickleGlobal.Size => new Shape(Sizes(tuple is [object?[] inner] ? inner : null, "torch.Size")),
            _ => Device(tuple),
        });
    }

    private object OrderedDict(object?[] arguments)
    {
        if (arguments.Length > 0) Fail("an OrderedDict begins with arguments");
        return New(new OrderedDictionary<object, object?>(), new Facts { Ordered = true });
    }

    /// <summary>The attributes of an OrderedDict: PyTorch keeps the versions of modules there, which no tensor needs.</summary>
    private void Build()
    {
        object? state = Pop(), target = Top();
        if (target is null || !FactsOf(target).Ordered) Fail($"Can only build OrderedDict, but got {Kind(target)}");
        if (state is not OrderedDictionary<object, object?> attributes || !attributes.Keys.All(static k => k is string))
            Fail("the attributes of an OrderedDict are not a dictionary of names");
    }

    private string Device(object?[] arguments)
    {
        if (arguments is [string kind]) return kind;
        if (arguments is [string type, long index]) return $"{type}:{index}";
        Fail("the arguments of torch.device are not a name and a number");
        return "";
    }

    private long[] Sizes(object? value, string what)
    {
        if (value is Shape shape) return shape.ToArray();
        if (value is not object?[] tuple || tuple.Length > Layout.MaxRank || !Array.TrueForAll(tuple, static n => n is long and >= 0))
        {
            Fail($"{what} is not a tuple of at most {Layout.MaxRank} integers from 0");
            return [];
        }
        return Array.ConvertAll(tuple, static n => (long)n!);
    }

    /// <summary>(storage, offset, size, stride, requires_grad, backward_hooks, metadata?)</summary>
    private Tensor Rebuild(object?[] a)
    {
        if (a.Length is < 6 or > 7 || a[0] is not PickleInternal.Memory memory || a[1] is not long offset || a[4] is not bool requiresGrad)
        {
            Fail("the arguments of _rebuild_tensor_v2 are not a storage, offset, size, stride, requires_grad and hooks");
            return null;
        }
        NoHooks(a[5]);
        if (a.Length == 7 && a[6] is not (null or OrderedDictionary<object, object?> { Count: 0 }))
            Throw.Unsupported($"{place}, byte {at}: a tensor is a lazy conjugate or negative, or has other attributes; " +
                "save x.resolve_conj() or x.resolve_neg().");
        long[] size = Sizes(a[2], "the size of a tensor"), stride = Sizes(a[3], "the stride of a tensor");
        if (size.Length != stride.Length) Fail($"a tensor has {size.Length} sizes and {stride.Length} strides");
        if (TensorBytes.Check(size, memory.DType, out long count) is { } error) Fail(error);
        Int128 end = offset;
        for (int i = 0; i < size.Length; i++) if (count > 0) end += (Int128)(size[i] - 1) * stride[i];
        if (count > 0) end++;
        if (offset < 0 || end > memory.Count)
            Fail($"setStorage: sizes {Shape.Format(size)}, strides {Shape.Format(stride)} and storage offset {offset} are " +
                $"out of bounds for storage of size {memory.Count}");
        Tensor t = new(memory.Storage, new Layout(size, stride, offset), memory.DType);
        if (requiresGrad) RequireGrad(t);
        return t;
    }

    private Tensor Parameter(object?[] arguments)
    {
        if (arguments is not [Tensor data, bool requiresGrad, var hooks])
        {
            Fail("the arguments of _rebuild_parameter are not a tensor, requires_grad and hooks");
            return null;
        }
        NoHooks(hooks);
        // The tensor of a parameter may be a value of its own elsewhere in the file.
        Tensor parameter = new(data.storage, data.layout, data.dtype) { IsParameter = true };
        if (requiresGrad) RequireGrad(parameter);
        return parameter;
    }

    private void RequireGrad(Tensor t)
    {
        if (!t.dtype.IsDifferentiable()) Fail($"a tensor of {t.dtype.Name()} requires a gradient");
        t.RequiresGrad = true;
    }

    private void NoHooks(object? hooks)
    {
        if (hooks is not (null or OrderedDictionary<object, object?> { Count: 0 }))
            Fail("a tensor has backward hooks, which are functions");
    }
}
