using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>x == y</summary>
    public readonly record struct Eq : ICompare<Eq>
    {
        static Tensor IZip<Eq>.OnComplex(Eq op, Tensor x, Tensor y) => ZipOp.Apply(op, x.ViewAsReal(), y.ViewAsReal()).All(-1);
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new EqLanes<T>(), x, y, z);
    }

    /// <summary>x != y</summary>
    public readonly record struct Ne : ICompare<Ne>
    {
        static Tensor IZip<Ne>.OnComplex(Ne op, Tensor x, Tensor y) => ZipOp.Apply(op, x.ViewAsReal(), y.ViewAsReal()).Any(-1);
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new NeLanes<T>(), x, y, z);
    }

    /// <summary>x &lt; y</summary>
    public readonly record struct Lt : ICompare<Lt>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LtLanes<T>(), x, y, z);
    }

    /// <summary>x &lt;= y</summary>
    public readonly record struct Le : ICompare<Le>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LeLanes<T>(), x, y, z);
    }

    /// <summary>x &gt; y</summary>
    public readonly record struct Gt : ICompare<Gt>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new GtLanes<T>(), x, y, z);
    }

    /// <summary>x &gt;= y</summary>
    public readonly record struct Ge : ICompare<Ge>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new GeLanes<T>(), x, y, z);
    }

    /// <summary>Whether both are true, a number being true if it is not zero.</summary>
    public readonly record struct LogicalAnd : ICompare<LogicalAnd>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LogicalAndLanes<T>(), x, y, z);
    }

    /// <summary>Whether one is true.</summary>
    public readonly record struct LogicalOr : ICompare<LogicalOr>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LogicalOrLanes<T>(), x, y, z);
    }

    /// <summary>Whether exactly one is true.</summary>
    public readonly record struct LogicalXor : ICompare<LogicalXor>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LogicalXorLanes<T>(), x, y, z);
    }

    /// <summary>Whether x is zero.</summary>
    public readonly record struct LogicalNot : ITest<LogicalNot>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T> =>
            Lanes.Test(new LogicalNotLanes<T>(), x, x, y);
    }
}

public sealed partial class Tensor
{
    /// <summary>x == y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Eq(Tensor other) => ZipOp.Apply(new Ops.Eq(), this, other);
    /// <summary>x == y for a plain number: a bool tensor.</summary>
    public Tensor Eq(Scalar other) => ZipOp.Apply(new Ops.Eq(), this, other);
    /// <summary>x = x == y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Eq_(Tensor other) => Become(Eq(other));
    /// <summary>x = x == y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Eq_(Scalar other) => Become(Eq(other));

    /// <summary>x != y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Ne(Tensor other) => ZipOp.Apply(new Ops.Ne(), this, other);
    /// <summary>x != y for a plain number: a bool tensor.</summary>
    public Tensor Ne(Scalar other) => ZipOp.Apply(new Ops.Ne(), this, other);
    /// <summary>x = x != y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Ne_(Tensor other) => Become(Ne(other));
    /// <summary>x = x != y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Ne_(Scalar other) => Become(Ne(other));

    /// <summary>x &lt; y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Lt(Tensor other) => ZipOp.Apply(new Ops.Lt(), this, other);
    /// <summary>x &lt; y for a plain number: a bool tensor.</summary>
    public Tensor Lt(Scalar other) => ZipOp.Apply(new Ops.Lt(), this, other);
    /// <summary>x = x &lt; y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Lt_(Tensor other) => Become(Lt(other));
    /// <summary>x = x &lt; y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Lt_(Scalar other) => Become(Lt(other));

    /// <summary>x &lt;= y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Le(Tensor other) => ZipOp.Apply(new Ops.Le(), this, other);
    /// <summary>x &lt;= y for a plain number: a bool tensor.</summary>
    public Tensor Le(Scalar other) => ZipOp.Apply(new Ops.Le(), this, other);
    /// <summary>x = x &lt;= y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Le_(Tensor other) => Become(Le(other));
    /// <summary>x = x &lt;= y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Le_(Scalar other) => Become(Le(other));

    /// <summary>x &gt; y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Gt(Tensor other) => ZipOp.Apply(new Ops.Gt(), this, other);
    /// <summary>x &gt; y for a plain number: a bool tensor.</summary>
    public Tensor Gt(Scalar other) => ZipOp.Apply(new Ops.Gt(), this, other);
    /// <summary>x = x &gt; y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Gt_(Tensor other) => Become(Gt(other));
    /// <summary>x = x &gt; y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Gt_(Scalar other) => Become(Gt(other));

    /// <summary>x &gt;= y, element by element, broadcast: a bool tensor.</summary>
    public Tensor Ge(Tensor other) => ZipOp.Apply(new Ops.Ge(), this, other);
    /// <summary>x &gt;= y for a plain number: a bool tensor.</summary>
    public Tensor Ge(Scalar other) => ZipOp.Apply(new Ops.Ge(), this, other);
    /// <summary>x = x &gt;= y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Ge_(Tensor other) => Become(Ge(other));
    /// <summary>x = x &gt;= y as 1 and 0 of the tensor's dtype.</summary>
    public Tensor Ge_(Scalar other) => Become(Ge(other));

    /// <summary>Whether both are true (not zero), broadcast: a bool tensor.</summary>
    public Tensor LogicalAnd(Tensor other) => ZipOp.Apply(new Ops.LogicalAnd(), this, other);
    /// <summary>Whether both are true (not zero), in place, as 1 and 0 of the tensor's dtype.</summary>
    public Tensor LogicalAnd_(Tensor other) => Become(LogicalAnd(other));

    /// <summary>Whether one is true (not zero), broadcast: a bool tensor.</summary>
    public Tensor LogicalOr(Tensor other) => ZipOp.Apply(new Ops.LogicalOr(), this, other);
    /// <summary>Whether one is true (not zero), in place, as 1 and 0 of the tensor's dtype.</summary>
    public Tensor LogicalOr_(Tensor other) => Become(LogicalOr(other));

    /// <summary>Whether exactly one is true (not zero), broadcast: a bool tensor.</summary>
    public Tensor LogicalXor(Tensor other) => ZipOp.Apply(new Ops.LogicalXor(), this, other);
    /// <summary>Whether exactly one is true (not zero), in place, as 1 and 0 of the tensor's dtype.</summary>
    public Tensor LogicalXor_(Tensor other) => Become(LogicalXor(other));

    /// <summary>Whether each element is zero: a bool tensor.</summary>
    public Tensor LogicalNot() => MapOp.Apply(new Ops.LogicalNot(), this);
    /// <summary>Whether each element is zero, in place, as 1 and 0 of the tensor's dtype.</summary>
    public Tensor LogicalNot_() => Become(LogicalNot());
}
