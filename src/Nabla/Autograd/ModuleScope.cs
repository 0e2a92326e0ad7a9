namespace Nabla;

/// <summary>One call of a module: the module, its name in the module that called it, and that call.</summary>
internal sealed class ModuleFrame(object module, string name, ModuleFrame? parent)
{
    internal readonly object Module = module;
    internal readonly string Name = name;
    internal readonly ModuleFrame? Parent = parent;
    internal readonly int Depth = parent is null ? 1 : parent.Depth + 1;

    /// <summary>The call in the profile.</summary>
    internal ProfilerEvent? Event;

    /// <summary>The names from the outermost module to this one, with dots between.</summary>
    internal string Path => Parent is null ? Name : $"{Parent.Path}.{Name}";
}

/// <summary>
/// Which module's call this thread is in, for pictures and profiles. A module's call pushes and pops only where <see cref="On"/> was true
/// when it began.
/// </summary>
internal static class ModuleScope
{
    [ThreadStatic] private static ModuleFrame? current;
    private static int wanted;

    /// <summary>Somebody wants to know the calls of modules.</summary>
    internal static bool On;

    /// <summary>The innermost call of this thread, or null outside.</summary>
    internal static ModuleFrame? Current => current;

    /// <summary>A module's call begins.</summary>
    /// <param name="module">The module itself, by which its calls are told from those of others.</param>
    /// <param name="name">Its name in the module that calls it, as in a state dictionary; the type's name for the outermost.</param>
    internal static void Push(object module, string name)
    {
        current = new ModuleFrame(module, name, current);
        if (Profiling.On) current.Event = Profiling.BeginModule(current);
    }

    /// <summary>The call that began last has ended.</summary>
    internal static void Pop()
    {
        Profiling.End(current?.Event);
        current = current?.Parent;
    }

    /// <summary>Turns recording on until it is asked to turn off as often.</summary>
    internal static void Want(bool on)
    {
        On = Interlocked.Add(ref wanted, on ? 1 : -1) > 0;
        NodeWatch.Update();
    }
}
