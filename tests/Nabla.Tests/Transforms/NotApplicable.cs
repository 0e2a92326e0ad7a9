namespace Nabla.Tests.Transforms;

/// <summary>Messages of PyTorch's transforms that have no counterpart here, with the reason.</summary>
internal static class NotApplicable
{
    internal static IReadOnlyList<(string Row, string What, string Reason)> Rows { get; } =
    [
        ("1.12.1", "Nested forward mode AD is not supported at the moment", "Levels nest to any depth."),
        ("1.12.1", "Dual level must be a positive number.", "A level is an object, not a number."),
        ("1.12.2", "'float' object has no attribute 'is_floating_point'", "The compiler requires tensors."),
        ("1.12.6", "Trying to use forward AD with igamma that does not support it", "Every operation has forward mode; a test enumerates " +
        "them."),
        ("1.12.6", "Trying to use forward AD with add_out", "There are no out= variants."),
        ("1.13", "The inputs given to vjp must be ... but the given inputs has type <class 'int'>", "The compiler requires tensors."),
        ("1.14 grad, grad_and_value", "Expected f(*args) to return a Tensor, got <class 'float'>", "The compiler requires a tensor."),
        ("1.14 grad, grad_and_value", "output of function f should be a tuple: (output, aux) if has_aux is True",
            "GradWithAux takes a function that returns a pair."),
        ("1.14 grad, grad_and_value", "Expected tensors, got unsupported type <class 'str'>", "What is passed on may be anything."),
        ("1.14 grad, grad_and_value", "argnums must be non-empty", "argnums is a number or a tuple of numbers."),
        ("1.14 jvp", "Expected primals to be a tuple", "Primals have the function's own parameter type."),
        ("1.14 rules", "You are attempting to call Tensor.requires_grad_() ... inside of a function being transformed",
            "It works: the nested gradient is right."),
    ];
}
