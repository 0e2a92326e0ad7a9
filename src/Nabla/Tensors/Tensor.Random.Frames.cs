namespace Nabla;

/// <summary>
/// Random numbers inside vmap, by its randomness: for "different", one draw with the batch in front; for "same", one draw for all. Inner
/// vmaps decide first.
/// </summary>
internal static class RandomFrames
{
    /// <summary>Whether a vmap is running.</summary>
    internal static bool Inside => Frame.Current is { } frame && Frame.InnermostVmap(frame) is not null;

    internal static Tensor Fresh<TDraw>(Frame? frame, Layout layout, DType dtype, Generator? generator, TDraw draw)
        where TDraw : struct, IRandomDraw
    {
        if (Frame.InnermostVmap(frame) is not { } vmap) return RandomDraw.Plain(layout, dtype, generator, draw);
        if (vmap.Randomness == Randomness.Error) Refuse();
        if (vmap.Randomness == Randomness.Same) return Fresh(vmap.Below, layout, dtype, generator, draw);
        return Batch.New(vmap, Fresh(vmap.Below, new Layout([vmap.Size, .. layout.shape]), dtype, generator, draw));
    }

    /// <summary>A draw whose parameters are tensors.</summary>
    internal static Tensor Over(Tensor[] x, Func<Tensor[], Tensor> draw)
    {
        Frame vmap = Frame.InnermostVmap(Frame.Current)!;
        if (vmap.Randomness == Randomness.Error) Refuse();
        Tensor[] plain = Array.ConvertAll(x, t =>
        {
            while (t.wrap is Dual dual && dual.Level > vmap.Level) t = dual.Primal;
            return t;
        });
        bool batched = Array.Exists(plain, t => Batch.Open(t, vmap.Level) is not null);
        if (vmap.Randomness == Randomness.Same)
        {
            if (batched)
                Throw.State("Vmap does not currently support same randomness with a batched tensor input. Use randomness: \"different\", " +
                    "or draw uniform or normal numbers and compute with them.");
            return Outside(vmap, () => draw(plain));
        }
        Tensor[] inner = Align(plain, vmap);
        return Batch.New(vmap, Outside(vmap, () => draw(inner)));
    }

    /// <summary>A draw that has no form for many at once: one for each item.</summary>
    internal static Tensor Each(Func<Tensor> draw)
    {
        if (Frame.InnermostVmap(Frame.Current) is not { Randomness: Randomness.Different, Size: > 0 } vmap) return draw();
        Tensor[] items = new Tensor[vmap.Size];
        for (int i = 0; i < items.Length; i++) items[i] = Outside(vmap, () => Each(draw));
        return Batch.New(vmap, Outside(vmap, () => Tensor.Stack(items)));
    }

    /// <summary>Whether random numbers may be written into x.</summary>
    internal static void CheckInPlace(Tensor x)
    {
        if (Frame.InnermostVmap(Frame.Current) is not { } vmap) return;
        if (vmap.Randomness == Randomness.Error) Refuse();
        while (x.wrap is Dual dual) x = dual.Primal;
        if (vmap.Randomness == Randomness.Different && Batch.Open(x, vmap.Level) is null)
            Throw.State("vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same " +
                "randomness. Draw a new tensor instead.");
    }

    /// <summary>The inner tensors, which broadcast as the tensors do.</summary>
    private static Tensor[] Align(Tensor[] x, Frame vmap)
    {
        int rank = x.Max(static t => t.Rank);
        return Array.ConvertAll(x, t =>
        {
            Tensor inner = Batch.OpenOrExpand(t, vmap);
            for (int missing = rank - t.Rank; missing > 0; missing--) inner = inner.Unsqueeze(1);
            return inner;
        });
    }

    private static Tensor Outside(Frame vmap, Func<Tensor> draw)
    {
        Frame? inside = Frame.Exchange(vmap.Below);
        try { return draw(); }
        finally { Frame.Exchange(inside); }
    }

    private static void Refuse() => Throw.State("vmap: called random operation while in randomness error mode. Please either use the " +
        "'same' or 'different' randomness flags on vmap or perform the randomness operation out of vmap");
}
