namespace Nabla.Tests.Data;

/// <summary>A default generator for this thread alone, so that tests beside it do not draw from it.</summary>
internal sealed class OwnDefault : IDisposable
{
    internal OwnDefault(long seed) => Generator.SetOfThread(new Generator().ManualSeed(seed));

    public void Dispose() => Generator.SetOfThread(null);
}
