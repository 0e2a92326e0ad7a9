namespace Nabla.Tests.Tensors;

/// <summary>Tests that change a setting of the whole process run alone.</summary>
[CollectionDefinition("Global", DisableParallelization = true)]
public sealed class GlobalSettings;

[Collection("Global")]
public sealed class DefaultDTypeTests
{
    [Fact]
    public void TheDefaultDTypeCanBeSet()
    {
        DType before = Tensor.DefaultDType;
        try
        {
            Tensor.DefaultDType = DType.Float64;
            Tensor x = [1.5f];
            Assert.Equal(DType.Float64, x.DType);
            Assert.Equal(DType.Float64, Tensor.Zeros(2).DType);
            Assert.Throws<DTypeException>(() => Tensor.DefaultDType = DType.Int32);
        }
        finally
        {
            Tensor.DefaultDType = before;
        }
    }
}
