namespace Nabla.Bench;

/// <summary>What a workload needs of the machine at least.</summary>
/// <param name="Flops">Additions and multiplications of its products, in float32.</param>
/// <param name="Bytes">Bytes read and written, every operand and result once.</param>
internal readonly record struct Need(double Flops = 0, double Bytes = 0)
{
    /// <summary>The least time on a machine, in milliseconds; 0 where nothing is known to limit the workload but instructions.</summary>
    internal double Milliseconds(Machine machine) =>
        1e3 * Math.Max(Flops / machine.FlopsPerSecond, Bytes / machine.BytesPerSecond);
}
