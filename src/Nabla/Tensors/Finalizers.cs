namespace Nabla;

/// <summary>Waits until finalizers have run, but not for ever: one of the program may wait for a lock that the caller holds.</summary>
internal static class Finalizers
{
    private static readonly Lock Gate = new();
    private static readonly AutoResetEvent Asked = new(false);
    private static readonly ManualResetEventSlim Done = new(false, spinCount: 200);
    private static Thread? waiter;

    /// <returns>Whether they have run.</returns>
    internal static bool Wait(int milliseconds)
    {
        if (OperatingSystem.IsBrowser() || OperatingSystem.IsWasi()) return false;
        lock (Gate)
        {
            Start();
            Done.Reset();
            Asked.Set();
            return Done.Wait(milliseconds);
        }
    }

    private static void Start()
    {
        if (waiter is not null) return;
        waiter = new Thread(Serve, 1 << 18) { IsBackground = true, Name = "Nabla memory" };
        waiter.UnsafeStart();
    }

    private static void Serve()
    {
        while (true)
        {
            Asked.WaitOne();
            GC.WaitForPendingFinalizers();
            Done.Set();
        }
    }
}
