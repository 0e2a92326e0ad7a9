namespace Nabla.Tests.AutogradTests;

/// <summary>What of PyTorch's automatic differentiation has no meaning in .NET, or none in this library, and why.</summary>
internal static class NotApplicable
{
    internal static readonly (string Row, string Reason)[] Rows =
    [
        ("1.1.17", "pickle and deepcopy are Python's protocols: Clone, Detach and files of tensors take their place"),
        ("1.2.14", "arguments that PyTorch has deprecated were never part of this library"),
        ("1.3.6", "there are no sparse tensors"),
        ("1.3.8",
            "a property of .NET does not print warnings: Grad of a result is null unless RetainGrad was called, and Diagnose says so"),
        ("1.4.7", "backward runs in the calling thread: there are no workers to turn off"),
        ("1.5.14", "there are no out= arguments: the operations with a trailing underscore write in place"),
        ("1.5.15", "a tensor is never resized, and its memory is never exchanged"),
        ("1.11.2", "the older reentrant checkpoint, whose limits are all in its messages: Checkpoint.Run does what it does, without them"),
        ("1.18.4", "backward prints no warnings"),
    ];
}
