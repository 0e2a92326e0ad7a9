using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>Law 13: what must fail, fails with the right type and words, and leaves its inputs as they were.</summary>
public sealed class ErrorLawTests
{
    public static TheoryData<string> Names => [.. LawRows.All.Where(r => r.Errors.Length > 0).Select(LawRows.NameOf)];

    [Theory, MemberData(nameof(Names))]
    public void Errors_have_the_right_type_and_words_and_change_nothing(string name)
    {
        OpRow row = LawRows.Get(name);
        for (int i = 0; i < row.Errors.Length; i++)
        {
            (Func<object?> call, Type type, string message) = row.Errors[i];
            using In.Log log = new();
            Exception? e = Record.Exception(() => call());
            Assert.True(e is not null, $"{name}, error {i}: nothing was thrown instead of {type.Name} '{message}'");
            Assert.True(e.GetType() == type, $"{name}, error {i}: {e.GetType().Name} instead of {type.Name}: {e.Message}");
            Assert.True(e.Message.Contains(message, StringComparison.Ordinal),
                $"{name}, error {i}: the message lacks '{message}': {e.Message}");
            foreach ((Tensor input, double[] before) in log.Made)
            {
                Assert.True(Law.Doubles(input).AsSpan().SequenceEqual(before), $"{name}, error {i}: an input was changed");
                Assert.True(input.Version == 0, $"{name}, error {i}: an input's version moved");
            }
        }
    }
}
