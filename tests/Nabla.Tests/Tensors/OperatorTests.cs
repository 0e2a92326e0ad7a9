namespace Nabla.Tests.Tensors;

/// <summary>C# 14's in-place operators, and operators with plain numbers.</summary>
public sealed class OperatorTests
{
    [Fact]
    public void CompoundAssignmentIsInPlace()
    {
        Tensor x = Tensor.Of([1.0, 2.0]), alias = x;
        x += 1.0;
        x *= 2;
        x -= Tensor.Of([1.0, 1.0]);
        x /= 2.0;
        x %= 2.0;
        Assert.Same(alias, x);
        Assert.Equal([1.5f, 0.5f], alias.ToArray<float>());
        Assert.Equal(5, x.Version);
    }

    [Fact]
    public void BitwiseCompoundAssignmentIsInPlace()
    {
        Tensor x = Tensor.Of([true, true, false]), alias = x;
        x &= Tensor.Of([true, false, true]);
        x |= Tensor.Of([false, false, true]);
        x ^= Tensor.Of([true, true, true]);
        Assert.Same(alias, x);
        Assert.Equal([false, true, false], alias.ToArray<bool>());
    }

    [Fact]
    public void PlainNumbersAreWeak()
    {
        Tensor half = Tensor.Ones([2], DType.Float16), whole = Tensor.Of([1, 2]);
        Assert.Equal(DType.Float16, (half * 2.5).DType);
        Assert.Equal(DType.Float16, (2 * half).DType);
        Assert.Equal(DType.Int64, (whole * 2).DType);
        Assert.Equal(DType.Float32, (whole * 2.0).DType);
        Assert.Equal(DType.Float32, (whole / 2).DType);
        Assert.Equal(DType.Int64, (7 - whole).DType);
    }

    [Fact]
    public void ScalarsAreWeakAndExact()
    {
        Scalar tenth = 0.1, two = 2;
        Tensor x = Tensor.Of([3.0, -5.0], DType.Float64);
        Assert.Equal([3 * 0.1, -5 * 0.1], (x * tenth).ToArray<double>());
        Assert.Equal([3 + 0.1, -5 + 0.1], (tenth + x).ToArray<double>());
        Assert.Equal([0.1 - 3, 0.1 + 5], (tenth - x).ToArray<double>());
        Assert.Equal([1.0, 1.0], (x % two).ToArray<double>());
        Assert.Equal([true, false], (x > tenth).ToArray<bool>());
        Assert.Equal(DType.Int64, (Tensor.Of([1, 2]) * two).DType);
        x += tenth;
        x -= tenth;
        x *= two;
        x /= two;
        x %= tenth;
        Assert.All(x.ToArray<double>(), static v => Assert.InRange(v, 0, 0.1));
    }

    [Fact]
    public void ComplexLiteralsMakeComplexTensors()
    {
        System.Numerics.Complex i = System.Numerics.Complex.ImaginaryOne;
        Tensor x = Tensor.Of([1.0, 2.0]);
        Assert.Equal(DType.Complex64, (x * i).DType);
        Assert.Equal([2 - i, 2 - 2 * i], (2 - x.To(DType.Float64) * i).ToArray<System.Numerics.Complex>());
    }

    [Fact]
    public void EveryOperatorComputes()
    {
        Tensor x = Tensor.Of([5.0, -5.0]), y = Tensor.Of([3.0, 3.0]);
        Assert.Equal([8f, -2f], (x + y).ToArray<float>());
        Assert.Equal([2f, -8f], (x - y).ToArray<float>());
        Assert.Equal([15f, -15f], (x * y).ToArray<float>());
        Assert.Equal([5f / 3, -5f / 3], (x / y).ToArray<float>());
        Assert.Equal([2f, 1f], (x % y).ToArray<float>());
        Assert.Equal([3f, -2f], (3.0 % x).ToArray<float>());
        Assert.Equal([-5f, 5f], (-x).ToArray<float>());
        Assert.Equal([2f, -2f], (10.0 / x).ToArray<float>());
        Assert.Equal([true, false], (x > y).ToArray<bool>());
        Assert.Equal([false, true], (x <= 0).ToArray<bool>());
        Assert.Equal([true, false], (0 < x).ToArray<bool>());
        Assert.Equal([true, false], (x == 5.0).ToArray<bool>());
        Assert.Equal([false, true], (x != 5.0).ToArray<bool>());
        Assert.Equal([false, true], (!(x > y)).ToArray<bool>());
        Assert.Equal([-6L, -1L], (~Tensor.Of([5, 0])).ToArray<long>());
    }

    [Fact]
    public void EqualityOfObjectsIsIdentity()
    {
        Tensor x = Tensor.Ones(2), y = Tensor.Ones(2);
        Assert.False(x.Equals(y));
        Dictionary<Tensor, int> seen = new() { [x] = 1, [y] = 2 };
        Assert.Equal(1, seen[x]);
    }

    [Fact]
    public void AnInPlaceResultOfAnotherCategoryIsRefused()
    {
        Tensor x = Tensor.Of([1, 2]);
        Assert.Throws<DTypeException>(() => x.Add_(0.5));
        Assert.Equal([1L, 2L], x.ToArray<long>());
        Assert.Equal(0, x.Version);
    }
}
