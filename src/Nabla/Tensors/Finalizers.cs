namespace Nabla;

/// <summary>Waits until finalizers have run, but not for ever: one of the program may wait for a lock that the caller holds.</summary>
internal static class Finalizers
{
    private static readonly object Gate = new();
    private static long asked, served;
    private static Thread? waiter;

    /// <returns>Whether those that were due at the call have run.</returns>
    internal static bool Wait(int milliseconds)
    {
        if (!Threads.Exist) return false;
        long until = Environment.TickCount64 + milliseconds;
        lock (Gate)
        {
            long mine = ++asked;
            if (waiter is null)
            {
                waiter = new Thread(Serve, 1 << 18) { IsBackground = true, Name = "Nabla memory" };
                waiter.UnsafeStart();
            }
            Monitor.PulseAll(Gate);
            while (served < mine)
            {
                long left = until - Environment.TickCount64;
                if (left <= 0) return false;
                Monitor.Wait(Gate, (int)left);
            }
            return true;
        }
    }

    private static void Serve()
    {
        while (true)
        {
            long request;
            lock (Gate)
            {
                while (served == asked) Monitor.Wait(Gate);
                request = asked;
            }
            GC.WaitForPendingFinalizers();
            lock (Gate)
            {
                served = request;
                Monitor.PulseAll(Gate);
            }
        }
    }
}
