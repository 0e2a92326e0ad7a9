using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Nabla.Training;

/// <summary>
/// Lets Ctrl-C, and the signal that ends processes (SIGTERM), end a training cleanly: the first one cancels <see cref="Token"/>, so that
/// the step under way is finished and everything saved; a second one ends the process at once.
/// </summary>
/// <example><code>
/// using StopOnSignal stop = new();
/// try { trainer.Fit(data, epochs: 10, cancellationToken: stop.Token); }
/// catch (OperationCanceledException) { Console.WriteLine($"stopped after step {trainer.Step}"); }
/// return stop.ExitCode;
/// </code></example>
[UnsupportedOSPlatform("browser")]
[UnsupportedOSPlatform("wasi")]
public sealed class StopOnSignal : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration interrupt, terminate;
    private int signal;

    /// <summary>Listens to signals until it is disposed of.</summary>
    public StopOnSignal()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>What a program that was stopped returns to its shell: 130 after Ctrl-C, 143 after SIGTERM, as is the custom; 0 if there was
    /// no signal.</summary>
    public int ExitCode => (PosixSignal)Volatile.Read(ref signal) switch
    {
        PosixSignal.SIGINT => 128 + 2,
        PosixSignal.SIGTERM => 128 + 15,
        _ => 0,
    };

    /// <summary>Signals do again what they did before.</summary>
    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.CompareExchange(ref signal, (int)context.Signal, 0) != 0) return;
        context.Cancel = true;
        source.Cancel();
    }
}
