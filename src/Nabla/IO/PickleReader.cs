using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Nabla.IO;

/// <summary>
/// Reads the part of Python's pickle format that holds tensors and plain values. It is data here and never a program: the opcodes are
/// those of the list in <see cref="Step"/>, the names those of <see cref="PickleGlobals"/>; nothing recurses; a value cannot contain
/// itself, lies at most <see cref="MaxDepth"/> deep, and is not much larger, written out, than the file.
/// </summary>
/// <remarks>Source: Python, <c>Lib/pickletools.py</c>; PyTorch, <c>torch/_weights_only_unpickler.py</c>.</remarks>
internal sealed partial class PickleReader(string place, byte[] bytes, Func<string, DType, long, Storage> load)
{
    internal const int MaxDepth = 64;

    /// <summary>What is known of a container: its depth, its size with all copies of what it shares, and how far it has come.</summary>
    private record struct Facts(int Depth, long Size, bool Sealed, bool Internal, bool Ordered);

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly Dictionary<object, Facts> facts = new(ReferenceEqualityComparer.Instance);
    private readonly long maxSize = 1_000_000L + bytes.Length;
    private int at;

    /// <summary>The one value that the bytes describe.</summary>
    internal object? Read()
    {
        if (bytes.Length < 2 || bytes[0] != 0x80) Fail("it does not begin with PROTO as a pickle of PyTorch's does");
        if (bytes[1] != 2)
            Throw.Unsupported($"{place}: pickle protocol {bytes[1]} is not supported; save with torch.save's own protocol, 2.");
        at = 2;
        while (Step())
        {
        }
        if (at != bytes.Length) Fail($"{bytes.Length - at} bytes follow the end");
        if (marks.Count > 0 || stack.Count != 1) Fail($"{stack.Count} values and {marks.Count} marks are left, and one value should be");
        object? result = stack[0];
        if (result is PickleInternal || FactsOf(result).Internal) Fail("it holds a class, function or storage, which is no value");
        return result;
    }

    /// <summary>One instruction; false at the end.</summary>
    private bool Step()
    {
        if (at >= bytes.Length) Fail("Ran out of input: it does not end with STOP");
        byte op = bytes[at++];
        switch ((char)op)
        {
            case '.': return false;
            case '(': marks.Add(stack.Count); break;
            case 'N': stack.Add(null); break;
            case '\x88': stack.Add(true); break;
            case '\x89': stack.Add(false); break;
            case 'K': stack.Add((long)Take(1)[0]); break;
            case 'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case '\x8a': stack.Add(Long()); break;
            case 'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': stack.Add(Text(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))); break;
            case 'U': stack.Add(Text(Take(Take(1)[0]))); break;
            case ']': stack.Add(New(new List<object?>(), default)); break;
            case '}': stack.Add(New(new OrderedDictionary<object, object?>(), default)); break;
            case ')': stack.Add(Tuple(0)); break;
            case '\x85': stack.Add(Tuple(1)); break;
            case '\x86': stack.Add(Tuple(2)); break;
            case '\x87': stack.Add(Tuple(3)); break;
            case 't': stack.Add(Tuple(PopMark())); break;
            case 'a': Append(1); break;
            case 'e': Append(PopMark()); break;
            case 's': SetItems(2); break;
            case 'u': SetItems(PopMark()); break;
            case 'q': memo[Take(1)[0]] = Top(); break;
            case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top(); break;
            case 'h': Recall(Take(1)[0]); break;
            case 'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case 'c': stack.Add(Global()); break;
            case 'Q': stack.Add(Persistent(Pop())); break;
            case 'R': Reduce(); break;
            case 'b': Build(); break;
            default: Refuse(op); break;
        }
        return true;
    }

    [DoesNotReturn]
    private void Refuse(byte op)
    {
        string name = (char)op switch
        {
            '\x81' => "NEWOBJ, which makes an object of a class",
            'i' or 'o' => "INST or OBJ, which make an object of a class",
            '\x80' => "PROTO in the middle",
            '\x8b' => "LONG4, an integer beyond 64 bits",
            >= '\x8c' and <= '\x98' => "one of protocol 4 or 5",
            _ => "none of those that tensors need",
        };
        at--;
        Fail($"Unsupported operand {op}: this opcode is {name}");
    }

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > bytes.Length - at) Fail($"an operand of {count} bytes reaches past the end");
        ReadOnlySpan<byte> taken = bytes.AsSpan(at, (int)count);
        at += (int)count;
        return taken;
    }

    private long Long()
    {
        int count = Take(1)[0];
        ReadOnlySpan<byte> digits = Take((uint)count);
        if (count > 8) Fail($"an integer of {count} bytes is beyond 64 bits");
        long value = count > 0 && digits[^1] > 127 ? -1 : 0;
        for (int i = count - 1; i >= 0; i--) value = value << 8 | digits[i];
        return value;
    }

    private string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            Fail("a string is not UTF-8", e);
            return "";
        }
    }

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>What may be taken from the stack: nothing below the last mark.</summary>
    private void Need(int count)
    {
        if (stack.Count - (marks.Count > 0 ? marks[^1] : 0) < count) Fail("an opcode wants more values than there are");
    }

    private object? Top()
    {
        Need(1);
        return stack[^1];
    }

    private object? Pop()
    {
        object? top = Top();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    /// <summary>How many values lie above the last mark, which goes.</summary>
    private int PopMark()
    {
        if (marks.Count == 0) Fail("an opcode wants a MARK, and there is none");
        int count = stack.Count - marks[^1];
        marks.RemoveAt(marks.Count - 1);
        return count;
    }

    private void Recall(uint index)
    {
        if (!memo.TryGetValue(index, out object? value)) Fail($"Memo value not found at index {index}");
        stack.Add(value);
    }

    private object New(object container, Facts known)
    {
        facts.Add(container, known with { Depth = 1, Size = 1 });
        return container;
    }

    private Facts FactsOf(object? value) =>
        value is not null && facts.TryGetValue(value, out Facts known) ? known : new(0, 1, false, value is PickleInternal, false);

    /// <summary>A value goes into a container. From now on it cannot change, so that no value ever contains itself.</summary>
    private void Hold(ref Facts container, object? value, bool internals)
    {
        Facts inner = FactsOf(value);
        if (inner.Internal && !internals) Fail("a list or dictionary holds a class, function or storage, which is no value");
        container.Internal |= inner.Internal;
        container.Depth = Math.Max(container.Depth, inner.Depth + 1);
        container.Size += inner.Size;
        if (container.Depth > MaxDepth) Fail($"values are nested more than {MaxDepth} deep");
        if (container.Size > maxSize)
            Fail($"a value repeats others so often that it would have more than {maxSize} parts, written out");
        if (value is not null && inner is { Depth: > 0, Sealed: false }) facts[value] = inner with { Sealed = true };
    }

    private object?[] Tuple(int count)
    {
        Need(count);
        object?[] tuple = new object?[count];
        stack.CopyTo(stack.Count - count, tuple, 0, count);
        stack.RemoveRange(stack.Count - count, count);
        Facts known = new(1, 1, true, false, false);
        foreach (object? item in tuple) Hold(ref known, item, internals: true);
        facts.Add(tuple, known);
        return tuple;
    }

    /// <summary>The container below the given number of values, which are about to go into it.</summary>
    private object? Changing(int below)
    {
        Need(below + 1);
        object? container = stack[stack.Count - below - 1];
        if (container is List<object?> or OrderedDictionary<object, object?> && facts[container].Sealed)
            Fail("a list or dictionary changes after it has become part of another value");
        return container;
    }

    private void Append(int count)
    {
        object? container = Changing(count);
        if (container is not List<object?> list)
        {
            Fail($"Can only append to lists, but got {Kind(container)}");
            return;
        }
        Facts known = facts[list];
        for (int i = stack.Count - count; i < stack.Count; i++)
        {
            if (ReferenceEquals(stack[i], list)) Fail("a list holds itself");
            Hold(ref known, stack[i], internals: false);
            list.Add(stack[i]);
        }
        facts[list] = known;
        stack.RemoveRange(stack.Count - count, count);
    }

    private void SetItems(int count)
    {
        if (count % 2 != 0) Fail("SETITEMS has a key without a value");
        object? container = Changing(count);
        if (container is not OrderedDictionary<object, object?> map)
        {
            Fail($"Can only set items of dictionaries, but got {Kind(container)}");
            return;
        }
        Facts known = facts[map];
        for (int i = stack.Count - count; i < stack.Count; i += 2)
        {
            object? key = stack[i], value = stack[i + 1];
            if (key is not (string or long)) Fail($"a key of a dictionary is a {Kind(key)}; strings and integers can be keys");
            if (ReferenceEquals(value, map)) Fail("a dictionary holds itself");
            Hold(ref known, value, internals: false);
            if (!map.TryAdd(key, value)) Fail($"the key {Throw.Quote(Convert.ToString(key, CultureInfo.InvariantCulture)!)} occurs twice");
        }
        facts[map] = known;
        stack.RemoveRange(stack.Count - count, count);
    }

    internal static string Kind(object? value) => value switch
    {
        null => "None",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        Tensor => "Tensor",
        List<object?> => "list",
        object?[] => "tuple",
        OrderedDictionary<object, object?> => "dict",
        Shape => "torch.Size",
        DType => "torch.dtype",
        PickleInternal.Memory => "storage",
        _ => "class or function",
    };

    [DoesNotReturn]
    private void Fail(string what, Exception? cause = null) =>
        Throw.Data($"Weights only load failed: {place}, byte {at.ToString(CultureInfo.InvariantCulture)}: {what}.", cause);
}
