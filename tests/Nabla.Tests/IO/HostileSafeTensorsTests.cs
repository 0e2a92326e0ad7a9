using System.Text;
using Nabla.IO;

namespace Nabla.Tests.IO;

/// <summary>Headers that break a rule of the format, each in one way.</summary>
public sealed class HostileSafeTensorsTests
{
    private static byte[] File(string header, int data, long? length = null)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes(length ?? text.Length), .. text, .. new byte[data]];
    }

    private static void Broken(string rule, byte[] file) => Files.Broken(rule, () => SafeTensors.Load(new MemoryStream(file)));

    private static string One(string entry) => "{\"a\":" + entry + "}";

    private const string Good = """{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""";

    private const string Empty = """{"dtype":"F32","shape":[0],"data_offsets":[0,0]}""";

    [Fact]
    public void TheLengthOfTheHeader()
    {
        for (int n = 1; n < 8; n++) Broken("HeaderTooSmall", new byte[n]);
        Broken("InvalidHeaderLength", File(One(Good), 8, 1000));
        Broken("HeaderTooLarge", File(One(Good), 8, 100_000_001));
        Broken("HeaderTooLarge", File(One(Good), 8, long.MinValue));
        Broken("HeaderTooLarge", File(One(Good), 8, -1));
        Broken("InvalidHeaderStart", File("", 0));
        Files.Broken("HeaderTooSmall", static () => SafeTensors.Load(new MemoryStream()));
    }

    [Theory]
    [InlineData(" {}", "InvalidHeaderStart")]
    [InlineData("[]", "InvalidHeaderStart")]
    [InlineData("\ufeff{}", "InvalidHeaderStart")]
    [InlineData("{", "InvalidHeaderDeserialization")]
    [InlineData("{} {}", "InvalidHeaderDeserialization")]
    [InlineData("{}//", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":1,}""", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":NaN}""", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":[]}""", "is not an object")]
    [InlineData("""{"a":{}}""", "lacks a field")]
    [InlineData("""{"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "is empty")]
    [InlineData("""{"\u0000":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "control character")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""",
        "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "InvalidHeaderDeserialization")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":1}}""", "unknown field")]
    [InlineData("""{"__metadata__":[]}""", "not an object")]
    [InlineData("""{"__metadata__":{"a":1}}""", "not a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", "InvalidHeaderDeserialization")]
    [InlineData("""{"__metadata__":{"nabla.crc32c.a":"00000000"}}""", "is missing")]
    public void Json(string header, string rule) => Broken(rule, File(header, 0));

    [Theory]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("-0")]
    [InlineData("18446744073709551616")]
    [InlineData("9223372036854775808")]
    [InlineData("\"2\"")]
    [InlineData("null")]
    [InlineData("[2]")]
    [InlineData("true")]
    public void Numbers(string number)
    {
        Broken("InvalidHeaderDeserialization", File(One($$"""{"dtype":"F32","shape":[{{number}}],"data_offsets":[0,8]}"""), 8));
        Broken("InvalidHeaderDeserialization", File(One($$"""{"dtype":"F32","shape":[2],"data_offsets":[{{number}},8]}"""), 8));
    }

    [Fact]
    public void SizesAndPlaces()
    {
        static string Entry(string shape, long begin, long end) =>
            $$"""{"dtype":"F32","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}""";
        Broken("ValidationOverflow", File(One(Entry("[4611686018427387904,4]", 0, 8)), 8));
        Broken("ValidationOverflow", File(One(Entry("[4611686018427387904]", 0, 8)), 8));
        Broken("ValidationOverflow", File(One(Entry("[0,4611686018427387904,4]", 0, 0)), 0));
        Broken("ValidationOverflow", File(One(Entry("[" + string.Join(',', Enumerable.Repeat(1, 65)) + "]", 0, 4)), 4));
        Broken("ValidationOverflow", File(One(Entry("[" + string.Join(',', Enumerable.Repeat(1, 1_000_000)) + "]", 0, 4)), 4));
        Broken("TensorInvalidInfo", File(One(Entry("[3]", 0, 8)), 8));
        Broken("TensorInvalidInfo", File(One(Entry("[2]", 8, 0)), 8));
        Broken("MetadataIncompleteBuffer", File(One(Good), 7));
        Broken("MetadataIncompleteBuffer", File(One(Good), 9));
        Broken("MetadataIncompleteBuffer", File(One(Entry("[1000000000000]", 0, 4000000000000)), 8));
        Broken("leave holes", File(One(Entry("[2]", 4, 12)), 12));
        Broken("leave holes", File($$"""{"a":{{Entry("[2]", 0, 8)}},"b":{{Entry("[1]", 12, 16)}}}""", 16));
        Broken("overlap", File($$"""{"a":{{Entry("[2]", 0, 8)}},"b":{{Entry("[2]", 4, 12)}}}""", 12));
        string same = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i}\":{Good}"));
        Broken("overlap", File("{" + same + "}", 8));
    }

    [Fact]
    public void DeepAndManyAndLong()
    {
        Broken("InvalidHeaderDeserialization", File("{\"a\":" + new string('[', 100_000), 0));
        Broken("16384 characters", File("{\"" + new string('x', 1_000_000) + "\":" + Empty + "}", 0));
        string many = string.Join(',', Enumerable.Range(0, 100_000).Select(static i => $"\"{i}\":{Empty}"));
        Assert.Equal(100_000, SafeTensors.Load(new MemoryStream(File("{" + many + "}", 0))).Count);
    }

    [Fact]
    public void Dtypes()
    {
        Broken("unknown dtype", File(One("""{"dtype":"f32","shape":[0],"data_offsets":[0,0]}"""), 0));
        Broken("not a string", File(One("""{"dtype":5,"shape":[0],"data_offsets":[0,0]}"""), 0));
        Broken("not 0 or 1", [.. File(One("""{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}"""), 2), 7]);
        foreach (string dtype in new[] { "U16", "F8_E4M3", "F4" })
            Assert.Contains(dtype, Assert.Throws<NotSupportedException>(() => SafeTensors.Load(new MemoryStream(
                File(One($$"""{"dtype":"{{dtype}}","shape":[2],"data_offsets":[0,2]}"""), 2)))).Message);
        byte[] wrong = File(One(Good), 8);
        wrong[10] = 0xFF;
        Broken("not UTF-8", wrong);
    }

    [Fact]
    public void WhatIsLegal()
    {
        Assert.Empty(SafeTensors.Load(new MemoryStream(File("{}   ", 0))));
        const string unaligned = """{"b":{"dtype":"F32","shape":[],"data_offsets":[1,5]},"a":""" +
            """{"dtype":"U8","shape":[1,1],"data_offsets":[0,1]}}""";
        OrderedDictionary<string, Tensor> tensors = SafeTensors.Load(new MemoryStream(File(unaligned, 5)));
        Assert.Equal(["b", "a"], tensors.Keys);
        Assert.Equal(0, tensors["b"].NDim);
    }

    [Fact]
    public void NothingIsAllocatedForWhatIsNotThere()
    {
        byte[] file = File(One("""{"dtype":"F32","shape":[250000000],"data_offsets":[0,1000000000]}"""), 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Broken("MetadataIncompleteBuffer", file);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }
}
