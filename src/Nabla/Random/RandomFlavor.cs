namespace Nabla;

/// <summary>
/// Which of PyTorch's builds a <see cref="Generator"/> agrees with, bit for bit. PyTorch's own streams depend on the processor and on
/// the libraries it was built with; here every flavour gives the same bits on every machine.
/// </summary>
public enum RandomFlavor
{
    /// <summary>
    /// PyTorch on an x86-64 processor with AVX2 (or newer), built without Intel MKL, as in Debian: fused multiply-adds in
    /// <c>uniform_</c> and <c>normal_</c>, polynomial logarithm, sine and cosine for float32 normals of 16 elements and more. The default.
    /// </summary>
    TorchX64,

    /// <summary>
    /// The official x86-64 wheels, built with Intel MKL: as <see cref="TorchX64"/>, but <c>bernoulli_(p)</c> and dropout take one word
    /// of the generator per call and draw their elements from MKL's MCG31m1, and so does <c>exponential_</c> (the words consumed are
    /// PyTorch's; its values agree to one unit in the last place, because MKL's own logarithm is not public).
    /// </summary>
    TorchX64Mkl,

    /// <summary>
    /// PyTorch with no vector instructions (<c>ATEN_CPU_CAPABILITY=default</c>): no fused multiply-adds, the C library's logarithm,
    /// sine and cosine.
    /// </summary>
    TorchBaseline,
}
