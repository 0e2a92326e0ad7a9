using System.Reflection;

namespace Nabla.Tests.Samples;

[Collection("Samples")]
public sealed class CustomFunctionSampleTests
{
    /// <summary>The sample sees the library's public members only.</summary>
    [Fact, Trait("Row", "1.8.1"), Trait("Row", "1.8.13")]
    public void One_operation_of_each_kind_made_outside_the_library()
    {
        SampleRunner.Result run = SampleRunner.Run("custom_function.cs");
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Equal(
        [
            "Softplus, a map: True <SoftplusBackward0>",
            "Hypotenuse, a zip: True <HypotenuseBackward0>",
            "Decay, linear: True <DecayBackward0>",
            "Outer, bilinear: True <OuterBackward0>",
            "Polar, an op with two results: True <PolarBackward0>",
            "SquareRoot, a function: True <SquareRootBackward>",
        ], run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Whatever an operation of the library may state about itself, one of a user may: nothing in the kinds is internal.</summary>
    [Fact]
    public void Kinds_of_operation_are_public()
    {
        Type[] kinds = [typeof(IOperation<>), typeof(IMap<>), typeof(IFloatMap<>), typeof(INumberMap<>), typeof(ITest<>), typeof(IZip<>),
            typeof(IFloatZip<>), typeof(INumberZip<>), typeof(IBitZip<>), typeof(ICompare<>), typeof(ILinear<>), typeof(IBilinear<>),
            typeof(IOp<>)];
        foreach (Type kind in kinds)
        {
            Assert.True(kind.IsVisible, kind.Name);
            // What overrides a member of a more general kind is private by nature.
            const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
            foreach (MethodInfo member in kind.GetMethods(All))
                Assert.True(member.IsPublic || member.Name.Contains('.'), $"{kind.Name}.{member.Name}");
        }
        Assert.All([typeof(MapOp), typeof(ZipOp), typeof(LinearOp), typeof(BilinearOp), typeof(Op), typeof(Cotangents), typeof(TensorSpec)],
            static t => Assert.True(t.IsVisible));
    }
}
