namespace Nabla;

// One line each: C# and F# both need the overloads for plain numbers, which are weak in promotion.
public sealed partial class Tensor
{
    /// <summary>-x</summary>
    public static Tensor operator -(Tensor x) => x.Neg();
    /// <summary>x</summary>
    public static Tensor operator +(Tensor x) => x;
    /// <summary>Bitwise not; logical not for bool.</summary>
    public static Tensor operator ~(Tensor x) => x.BitwiseNot();
    /// <summary>Logical not of a bool tensor.</summary>
    public static Tensor operator !(Tensor x) => x.LogicalNot();

    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(Tensor x, Tensor y) => x.Add(y);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(Tensor x, double y) => x.Add(y);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(Tensor x, long y) => x.Add(y);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(Tensor x, Scalar y) => x.Add(y);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(double x, Tensor y) => y.Add(x);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(long x, Tensor y) => y.Add(x);
    /// <summary>x + y, broadcast.</summary>
    public static Tensor operator +(Scalar x, Tensor y) => y.Add(x);
    /// <summary>x = x + y, broadcast, in place, as in PyTorch: every alias and view of the tensor sees it.</summary>
    public void operator +=(Tensor y) => Add_(y);
    /// <summary>x = x + y, broadcast, in place.</summary>
    public void operator +=(double y) => Add_(y);
    /// <summary>x = x + y, broadcast, in place.</summary>
    public void operator +=(long y) => Add_(y);
    /// <summary>x = x + y, broadcast, in place.</summary>
    public void operator +=(Scalar y) => Add_(y);

    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(Tensor x, Tensor y) => x.Sub(y);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(Tensor x, double y) => x.Sub(y);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(Tensor x, long y) => x.Sub(y);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(Tensor x, Scalar y) => x.Sub(y);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(double x, Tensor y) => y.RSub(x);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(long x, Tensor y) => y.RSub(x);
    /// <summary>x - y, broadcast.</summary>
    public static Tensor operator -(Scalar x, Tensor y) => y.RSub(x);
    /// <summary>x = x - y, broadcast, in place, as in PyTorch: every alias and view of the tensor sees it.</summary>
    public void operator -=(Tensor y) => Sub_(y);
    /// <summary>x = x - y, broadcast, in place.</summary>
    public void operator -=(double y) => Sub_(y);
    /// <summary>x = x - y, broadcast, in place.</summary>
    public void operator -=(long y) => Sub_(y);
    /// <summary>x = x - y, broadcast, in place.</summary>
    public void operator -=(Scalar y) => Sub_(y);

    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(Tensor x, Tensor y) => x.Mul(y);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(Tensor x, double y) => x.Mul(y);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(Tensor x, long y) => x.Mul(y);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(Tensor x, Scalar y) => x.Mul(y);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(double x, Tensor y) => y.Mul(x);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(long x, Tensor y) => y.Mul(x);
    /// <summary>x · y, element by element, broadcast.</summary>
    public static Tensor operator *(Scalar x, Tensor y) => y.Mul(x);
    /// <summary>x = x · y, element by element, broadcast, in place, as in PyTorch: every alias and view of the tensor sees it.</summary>
    public void operator *=(Tensor y) => Mul_(y);
    /// <summary>x = x · y, element by element, broadcast, in place.</summary>
    public void operator *=(double y) => Mul_(y);
    /// <summary>x = x · y, element by element, broadcast, in place.</summary>
    public void operator *=(long y) => Mul_(y);
    /// <summary>x = x · y, element by element, broadcast, in place.</summary>
    public void operator *=(Scalar y) => Mul_(y);

    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(Tensor x, Tensor y) => x.Div(y);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(Tensor x, double y) => x.Div(y);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(Tensor x, long y) => x.Div(y);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(Tensor x, Scalar y) => x.Div(y);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(double x, Tensor y) => y.Reciprocal().Mul(x);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(long x, Tensor y) => y.Reciprocal().Mul(x);
    /// <summary>x / y, broadcast; integers give floating point.</summary>
    public static Tensor operator /(Scalar x, Tensor y) => y.Reciprocal().Mul(x);
    /// <summary>x = x / y, broadcast; integers give floating point, in place, as in PyTorch: every alias and view of the tensor sees
    /// it.</summary>
    public void operator /=(Tensor y) => Div_(y);
    /// <summary>x = x / y, broadcast; integers give floating point, in place.</summary>
    public void operator /=(double y) => Div_(y);
    /// <summary>x = x / y, broadcast; integers give floating point, in place.</summary>
    public void operator /=(long y) => Div_(y);
    /// <summary>x = x / y, broadcast; integers give floating point, in place.</summary>
    public void operator /=(Scalar y) => Div_(y);

    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(Tensor x, Tensor y) => x.Remainder(y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(Tensor x, double y) => x.Remainder(y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(Tensor x, long y) => x.Remainder(y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(Tensor x, Scalar y) => x.Remainder(y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(double x, Tensor y) => ZipOp.Apply(new Ops.Remainder(), (Scalar)x, y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(long x, Tensor y) => ZipOp.Apply(new Ops.Remainder(), (Scalar)x, y);
    /// <summary>x - y·⌊x / y⌋, the sign of y, broadcast.</summary>
    public static Tensor operator %(Scalar x, Tensor y) => ZipOp.Apply(new Ops.Remainder(), x, y);
    /// <summary>x = x - y·⌊x / y⌋, the sign of y, broadcast, in place, as in PyTorch: every alias and view of the tensor sees it.</summary>
    public void operator %=(Tensor y) => Remainder_(y);
    /// <summary>x = x - y·⌊x / y⌋, the sign of y, broadcast, in place.</summary>
    public void operator %=(double y) => Remainder_(y);
    /// <summary>x = x - y·⌊x / y⌋, the sign of y, broadcast, in place.</summary>
    public void operator %=(long y) => Remainder_(y);
    /// <summary>x = x - y·⌊x / y⌋, the sign of y, broadcast, in place.</summary>
    public void operator %=(Scalar y) => Remainder_(y);

    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(Tensor x, Tensor y) => x.Lt(y);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(Tensor x, double y) => x.Lt(y);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(Tensor x, long y) => x.Lt(y);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(Tensor x, Scalar y) => x.Lt(y);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(double x, Tensor y) => y.Gt(x);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(long x, Tensor y) => y.Gt(x);
    /// <summary>x &lt; y, element by element, as bools.</summary>
    public static Tensor operator <(Scalar x, Tensor y) => y.Gt(x);

    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(Tensor x, Tensor y) => x.Le(y);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(Tensor x, double y) => x.Le(y);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(Tensor x, long y) => x.Le(y);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(Tensor x, Scalar y) => x.Le(y);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(double x, Tensor y) => y.Ge(x);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(long x, Tensor y) => y.Ge(x);
    /// <summary>x &lt;= y, element by element, as bools.</summary>
    public static Tensor operator <=(Scalar x, Tensor y) => y.Ge(x);

    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(Tensor x, Tensor y) => x.Gt(y);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(Tensor x, double y) => x.Gt(y);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(Tensor x, long y) => x.Gt(y);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(Tensor x, Scalar y) => x.Gt(y);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(double x, Tensor y) => y.Lt(x);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(long x, Tensor y) => y.Lt(x);
    /// <summary>x &gt; y, element by element, as bools.</summary>
    public static Tensor operator >(Scalar x, Tensor y) => y.Lt(x);

    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(Tensor x, Tensor y) => x.Ge(y);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(Tensor x, double y) => x.Ge(y);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(Tensor x, long y) => x.Ge(y);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(Tensor x, Scalar y) => x.Ge(y);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(double x, Tensor y) => y.Le(x);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(long x, Tensor y) => y.Le(x);
    /// <summary>x &gt;= y, element by element, as bools.</summary>
    public static Tensor operator >=(Scalar x, Tensor y) => y.Le(x);

    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(Tensor x, Tensor y) => x.Eq(y);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(Tensor x, double y) => x.Eq(y);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(Tensor x, long y) => x.Eq(y);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(Tensor x, Scalar y) => x.Eq(y);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(double x, Tensor y) => y.Eq(x);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(long x, Tensor y) => y.Eq(x);
    /// <summary>x == y, element by element, as bools.</summary>
    public static Tensor operator ==(Scalar x, Tensor y) => y.Eq(x);

    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(Tensor x, Tensor y) => x.Ne(y);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(Tensor x, double y) => x.Ne(y);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(Tensor x, long y) => x.Ne(y);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(Tensor x, Scalar y) => x.Ne(y);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(double x, Tensor y) => y.Ne(x);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(long x, Tensor y) => y.Ne(x);
    /// <summary>x != y, element by element, as bools.</summary>
    public static Tensor operator !=(Scalar x, Tensor y) => y.Ne(x);

    /// <summary>Bitwise and; logical and for bools, broadcast.</summary>
    public static Tensor operator &(Tensor x, Tensor y) => x.BitwiseAnd(y);
    /// <summary>Bitwise and; logical and for bools, broadcast.</summary>
    public static Tensor operator &(Tensor x, long y) => x.BitwiseAnd(y);
    /// <summary>Bitwise and; logical and for bools, in place.</summary>
    public void operator &=(Tensor y) => BitwiseAnd_(y);

    /// <summary>Bitwise or; logical or for bools, broadcast.</summary>
    public static Tensor operator |(Tensor x, Tensor y) => x.BitwiseOr(y);
    /// <summary>Bitwise or; logical or for bools, broadcast.</summary>
    public static Tensor operator |(Tensor x, long y) => x.BitwiseOr(y);
    /// <summary>Bitwise or; logical or for bools, in place.</summary>
    public void operator |=(Tensor y) => BitwiseOr_(y);

    /// <summary>Bitwise exclusive or; for bools, whether they differ, broadcast.</summary>
    public static Tensor operator ^(Tensor x, Tensor y) => x.BitwiseXor(y);
    /// <summary>Bitwise exclusive or; for bools, whether they differ, broadcast.</summary>
    public static Tensor operator ^(Tensor x, long y) => x.BitwiseXor(y);
    /// <summary>Bitwise exclusive or; for bools, whether they differ, in place.</summary>
    public void operator ^=(Tensor y) => BitwiseXor_(y);

    /// <summary>Whether both are the same object, so that tensors serve as keys; for a comparison of values see
    /// <see cref="Eq(Tensor)"/>.</summary>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <summary>A hash of the object's identity.</summary>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
