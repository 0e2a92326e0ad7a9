using System.Collections;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.IO;

/// <summary>Modules and optimizers to files and back, in the format that the file's extension names.</summary>
public static class StateFiles
{
    /// <summary>Writes a module's state dict: <c>.pt</c>, <c>.pth</c>, <c>.ckpt</c> and <c>.bin</c> as PyTorch does, <c>.safetensors</c> as
    /// Hugging Face does. The file appears whole or not at all.</summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The file to make or to replace.</param>
    /// <exception cref="ArgumentException">The extension is none of these.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(this Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (IsSafeTensors(path)) SafeTensors.Save(path, module.StateDict());
        else TorchFile.Save(path, module.StateDict());
    }

    /// <summary>Copies the values of a file into a module. Everything is checked before anything changes.</summary>
    /// <param name="module">The module.</param>
    /// <param name="path">The state dict of such a module, from Nabla or PyTorch.</param>
    /// <param name="strict">Missing and unexpected names are errors. If false, they are only returned.</param>
    /// <returns>The names that were missing and those that have no place.</returns>
    /// <exception cref="ArgumentException">The extension is unknown.</exception>
    /// <exception cref="StateDictException">The file does not fit the module.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or no state dict.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static StateDictMatch Load(this Module module, string path, bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.LoadStateDict(IsSafeTensors(path) ? SafeTensors.Load(path) : TorchFile.LoadStateDict(path), strict);
    }

    /// <summary>Writes the state of an optimizer, a scheduler or anything else that has one, as <c>torch.save(x.state_dict(), path)</c>
    /// does. The file appears whole or not at all.</summary>
    /// <param name="part">What has the state.</param>
    /// <param name="path">The file to make or to replace: <c>.pt</c>, <c>.pth</c>, <c>.ckpt</c> or <c>.bin</c>.</param>
    /// <exception cref="ArgumentException">The extension is none of these.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public static void Save(this IStateful part, string path)
    {
        ArgumentNullException.ThrowIfNull(part);
        RefuseSafeTensors(path);
        TorchFile.Save(path, part.StateDict());
    }

    /// <summary>Takes over a state from a file of Nabla or PyTorch, or changes nothing and throws.</summary>
    /// <param name="part">What takes the state.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">The extension is unknown, or the state does not fit.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or holds no dictionary.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Load(this IStateful part, string path)
    {
        ArgumentNullException.ThrowIfNull(part);
        RefuseSafeTensors(path);
        if (TorchFile.Load(path) is IDictionary state) part.LoadStateDict(state);
        else Throw.Data($"Expected state_dict to be dict-like: '{path}' holds something else.");
    }

    private static void RefuseSafeTensors(string path)
    {
        if (IsSafeTensors(path))
            Throw.Argument(nameof(path), $"A safetensors file holds tensors only, and a state is more: save '{path}' as .pt.");
    }

    private static bool IsSafeTensors(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension == ".safetensors") return true;
        if (extension is not (".pt" or ".pth" or ".ckpt" or ".bin"))
            Throw.Argument(nameof(path), $"The extension of '{path}' names no format: use .pt (or .pth, .ckpt, .bin) or .safetensors, or " +
                "TorchFile and SafeTensors themselves.");
        return false;
    }
}
