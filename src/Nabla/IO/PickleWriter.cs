using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// Writes tensors and plain values as PyTorch's pickles: protocol 2, and only what <c>torch.load(weights_only=True)</c> accepts. A value
/// that occurs twice is written once, so that sharing survives.
/// </summary>
internal sealed class PickleWriter
{
    /// <summary>A dictionary that PyTorch shall see as an OrderedDict.</summary>
    private sealed class Ordered : OrderedDictionary<object, object?>;

    /// <summary>The part of a storage that the file needs: what lies between the first and the last element that a tensor shows.</summary>
    internal sealed record Memory(int Key, Storage Storage, DType DType)
    {
        internal long Begin = long.MaxValue, End;

        internal long Count => Math.Max(0, End - Begin);

        internal ReadOnlySpan<byte> Bytes
        {
            get
            {
                int size = DType.ItemSize();
                ReadOnlySpan<byte> all = Count == 0 ? [] : Storage.Data.Slice((int)(Begin * size), (int)(Count * size));
                return TensorBytes.LittleEndian(all, DType);
            }
        }
    }

    private readonly ArrayBufferWriter<byte> pickle = new();
    private readonly Dictionary<object, object> plain = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, int> heights = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, int> places = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> texts = new(StringComparer.Ordinal), globals = new(StringComparer.Ordinal);
    private readonly Dictionary<Storage, Memory> storages = new(ReferenceEqualityComparer.Instance);
    private int memo;

    /// <summary>The pickle of a value, which has been checked as a whole before a byte of it is written.</summary>
    internal PickleWriter(object? value)
    {
        (object? simple, _) = Simplify(value, 0);
        Put(0x80, 2);
        Write(simple);
        Put('.');
    }

    internal ReadOnlySpan<byte> Pickle => pickle.WrittenSpan;

    /// <summary>The storages that the pickle names, by their keys.</summary>
    internal IEnumerable<Memory> Storages => storages.Values.OrderBy(static m => m.Key);

    /// <summary>A value in the few types there are, and how deep it is. Shared values stay shared.</summary>
    private (object?, int) Simplify(object? value, int depth)
    {
        if (depth > PickleReader.MaxDepth) TooDeep();
        switch (value)
        {
            case null or bool or long or double or DType: return (value, 0);
            case string text:
                if (!IsText(text))
                    throw new ArgumentException($"The string {Throw.Quote(text)} holds half a surrogate pair.", nameof(value));
                return (text, 0);
            case int or short or byte or sbyte or ushort or uint: return (Convert.ToInt64(value, null), 0);
            case float or Half: return (value is Half half ? (double)half : (double)(float)value, 0);
            case Shape shape: return (shape, 0);
            case Tensor t:
                Note(t);
                return (t, 0);
        }
        if (plain.TryGetValue(value, out object? known))
        {
            if (depth + heights[value] > PickleReader.MaxDepth) TooDeep();
            return (known, heights[value]);
        }
        (object simple, int height) = value switch
        {
            IEnumerable<KeyValuePair<string, Tensor>> state => Map(new Ordered(), Entries(state), depth),
            IDictionary map => Map([], Entries(map), depth),
            object?[] or ITuple => Tuple(value, depth),
            IList list => List(list, depth),
            _ => throw new ArgumentException($"A {value.GetType()} cannot be saved. Null, bool, integers of up to 64 bits, " +
                "float, double, string, Tensor, Shape, DType can, and lists, object?[] (a tuple), tuples and dictionaries of them.",
                nameof(value)),
        };
        plain.Add(value, simple);
        heights.Add(value, height);
        return (simple, height);
    }

    private static void TooDeep() => throw new ArgumentException(
        $"The values are nested more than {PickleReader.MaxDepth} deep, or one contains itself.", "value");

    private static bool IsText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static IEnumerable<(object?, object?)> Entries(IEnumerable<KeyValuePair<string, Tensor>> state)
    {
        foreach ((string name, Tensor t) in state) yield return (name, t);
    }

    private static IEnumerable<(object?, object?)> Entries(IDictionary map)
    {
        IDictionaryEnumerator entries = map.GetEnumerator();
        while (entries.MoveNext()) yield return (entries.Key, entries.Value);
    }

    private (object, int) Map(OrderedDictionary<object, object?> map, IEnumerable<(object?, object?)> entries, int depth)
    {
        int height = 0;
        foreach ((object? key, object? item) in entries)
        {
            (object? name, _) = Simplify(key, depth + 1);
            if (name is not (string or long))
                throw new ArgumentException($"A key of a dictionary is a {key?.GetType()}; strings and integers can be keys.",
                    nameof(entries));
            (object? simple, int inner) = Simplify(item, depth + 1);
            if (!map.TryAdd(name, simple))
                throw new ArgumentException($"The key {Throw.Quote(name.ToString()!)} occurs twice.", nameof(entries));
            height = Math.Max(height, inner);
        }
        return (map, height + 1);
    }

    private (object, int) Tuple(object value, int depth)
    {
        int height = 0;
        int count = value is object?[] array ? array.Length : ((ITuple)value).Length;
        object?[] tuple = new object?[count];
        for (int i = 0; i < count; i++)
        {
            (tuple[i], int inner) = Simplify(value is object?[] items ? items[i] : ((ITuple)value)[i], depth + 1);
            height = Math.Max(height, inner);
        }
        return (tuple, height + 1);
    }

    private (object, int) List(IList items, int depth)
    {
        int height = 0;
        List<object?> list = new(items.Count);
        foreach (object? item in items)
        {
            (object? simple, int inner) = Simplify(item, depth + 1);
            list.Add(simple);
            height = Math.Max(height, inner);
        }
        return (list, height + 1);
    }

    private void Note(Tensor t)
    {
        t.ThrowIfBatched("Tensors cannot be saved inside vmap, where one tensor stands for many: save what vmap returns.");
        if (!storages.TryGetValue(t.storage, out Memory? memory)) storages.Add(t.storage, memory = new(storages.Count, t.storage, t.dtype));
        if (memory.DType != t.dtype)
            Throw.Types("Cannot save multiple tensors or storages that view the same data as different types: " +
                $"{memory.DType.Name()} and {t.dtype.Name()}. Save a Clone() of one of them.");
        if (t.layout.Count == 0) return;
        memory.Begin = Math.Min(memory.Begin, t.layout.Offset);
        memory.End = Math.Max(memory.End, t.layout.End);
    }

    private void Write(object? value)
    {
        switch (value)
        {
            case null: Put('N'); break;
            case bool truth: Put(truth ? 0x88 : 0x89); break;
            case long number: Integer(number); break;
            case double number:
                Span<byte> big = stackalloc byte[9];
                big[0] = (byte)'G';
                BinaryPrimitives.WriteDoubleBigEndian(big[1..], number);
                pickle.Write(big);
                break;
            case string text: Text(text); break;
            case DType dtype: Global(PickleGlobals.Name(dtype)); break;
            case Shape shape:
                Global(PickleGlobals.Name(PickleGlobal.Size));
                Sizes(shape.AsSpan());
                Put(0x85, 'R');
                Keep(memo++);
                break;
            case Tensor t when !Known(t): Tensor(t); break;
            case object?[] tuple when !Known(tuple): Tuple(tuple); break;
            case List<object?> list when !Known(list): List(list); break;
            case OrderedDictionary<object, object?> map when !Known(map): Map(map); break;
        }
    }

    private bool Known(object value)
    {
        if (!places.TryGetValue(value, out int place)) return false;
        Recall(place);
        return true;
    }

    private void Remember(object value)
    {
        places.Add(value, memo);
        Keep(memo++);
    }

    private void Keep(int place)
    {
        if (place < 256) Put('q', place);
        else Put('r', (uint)place);
    }

    private void Recall(int place)
    {
        if (place < 256) Put('h', place);
        else Put('j', (uint)place);
    }

    private void Integer(long number)
    {
        if (number is >= 0 and < 256) Put('K', (int)number);
        else if (number is >= 0 and < 65536) Put('M', (int)number & 255, (int)number >> 8);
        else if (number is >= int.MinValue and <= int.MaxValue) Put('J', (uint)(int)number);
        else
        {
            int size = 8;
            while (number << (64 - 8 * (size - 1)) >> (64 - 8 * (size - 1)) == number) size--;
            Put(0x8a, size);
            for (int i = 0; i < size; i++) Put((int)(number >> (8 * i)) & 255);
        }
    }

    private void Text(string text)
    {
        if (texts.TryGetValue(text, out int place))
        {
            Recall(place);
            return;
        }
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Put('X', (uint)utf8.Length);
        pickle.Write(utf8);
        texts.Add(text, memo);
        Keep(memo++);
    }

    private void Global(string name)
    {
        if (globals.TryGetValue(name, out int place))
        {
            Recall(place);
            return;
        }
        Put('c');
        pickle.Write(Encoding.ASCII.GetBytes(name.Replace(' ', '\n') + "\n"));
        globals.Add(name, memo);
        Keep(memo++);
    }

    private void Tensor(Tensor t)
    {
        if (t.IsParameter)
        {
            Global(PickleGlobals.Name(PickleGlobal.RebuildParameter));
            Put('(');
            Plain(t, requiresGrad: false);
            Put(t.RequiresGrad ? 0x88 : 0x89);
            NoHooks();
            Put('t', 'R');
        }
        else Plain(t, t.RequiresGrad);
        Remember(t);
    }

    private void Plain(Tensor t, bool requiresGrad)
    {
        Memory memory = storages[t.storage];
        Global(PickleGlobals.Name(PickleGlobal.RebuildTensor));
        Put('(', '(');
        Text("storage");
        Global(PickleGlobals.StorageName(t.dtype));
        Text(memory.Key.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("cpu");
        Integer(memory.Count);
        Put('t', 'Q');
        Integer(t.layout.Count == 0 ? 0 : t.layout.Offset - memory.Begin);
        Sizes(t.layout.shape);
        Sizes(t.layout.strides);
        Put(requiresGrad ? 0x88 : 0x89);
        NoHooks();
        Put('t', 'R');
    }

    private void NoHooks()
    {
        Global(PickleGlobals.Name(PickleGlobal.OrderedDict));
        Put(')', 'R');
    }

    private void Sizes(ReadOnlySpan<long> sizes)
    {
        if (sizes.Length > 3) Put('(');
        foreach (long size in sizes) Integer(size);
        EndTuple(sizes.Length);
    }

    private void EndTuple(int count)
    {
        if (count is > 0 and < 4) Put(0x84 + count);
        else Put(count == 0 ? ')' : 't');
    }

    private void Tuple(object?[] tuple)
    {
        if (tuple.Length > 3) Put('(');
        foreach (object? item in tuple) Write(item);
        EndTuple(tuple.Length);
        Remember(tuple);
    }

    private void List(List<object?> list)
    {
        Put(']');
        Remember(list);
        if (list.Count == 0) return;
        Put('(');
        foreach (object? item in list) Write(item);
        Put('e');
    }

    private void Map(OrderedDictionary<object, object?> map)
    {
        if (map is Ordered)
        {
            Global(PickleGlobals.Name(PickleGlobal.OrderedDict));
            Put(')', 'R');
        }
        else Put('}');
        Remember(map);
        if (map.Count == 0) return;
        Put('(');
        foreach ((object key, object? item) in map)
        {
            Write(key);
            Write(item);
        }
        Put('u');
    }

    private void Put(params ReadOnlySpan<int> bytes)
    {
        Span<byte> room = pickle.GetSpan(bytes.Length);
        for (int i = 0; i < bytes.Length; i++) room[i] = (byte)bytes[i];
        pickle.Advance(bytes.Length);
    }

    private void Put(int op, uint operand)
    {
        Span<byte> bytes = stackalloc byte[5];
        bytes[0] = (byte)op;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[1..], operand);
        pickle.Write(bytes);
    }
}
