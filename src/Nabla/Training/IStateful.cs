using System.Collections;

namespace Nabla;

/// <summary>Something whose state goes into a checkpoint: an optimizer, a scheduler, a data loader, or a class of your own.</summary>
public interface IStateful
{
    /// <summary>The state in values that PyTorch's files can hold: null, bool, numbers, strings, tensors, lists, tuples and
    /// dictionaries.</summary>
    OrderedDictionary<string, object?> StateDict();

    /// <summary>Takes over a state that <see cref="StateDict"/> has returned, or changes nothing and throws.</summary>
    /// <param name="stateDict">Dictionaries may have come from a file and then have keys of type object.</param>
    /// <exception cref="ArgumentException">The state does not fit.</exception>
    void LoadStateDict(IDictionary stateDict);
}
