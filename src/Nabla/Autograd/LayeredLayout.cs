namespace Nabla;

/// <summary>
/// Places the boxes of a directed graph in layers, arrows downwards, few of them crossing: ranks, order within ranks, coordinates. The same
/// graph gives the same picture. Sources: K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system
/// structures, 1981; coordinates by least squares with the pool-adjacent-violators method (M. Ayer et al., 1955).
/// </summary>
internal sealed class LayeredLayout
{
    private const double Gap = 18, RankGap = 34;
    private const int Sweeps = 8;

    /// <summary>A box, or one of the points by which a long arrow passes a rank.</summary>
    internal sealed class Item(int index, double width, double height)
    {
        /// <summary>The box; -1 for a point.</summary>
        internal readonly int Index = index;
        internal readonly double Width = width;
        internal readonly List<Item> Above = [], Below = [];
        internal int Rank, Order;
        internal double X, Y, Height = height, Wanted;
    }

    private readonly List<List<Item>> ranks = [];

    /// <summary>Lays out boxes.</summary>
    /// <param name="sizes">Their sizes.</param>
    /// <param name="edges">From which box to which; two boxes may share several.</param>
    internal LayeredLayout(IReadOnlyList<(double Width, double Height)> sizes, IReadOnlyList<(int From, int To)> edges)
    {
        Boxes = [.. sizes.Select(static (s, i) => new Item(i, s.Width, s.Height))];
        bool[] turned = Turned(sizes.Count, edges);
        (int From, int To)[] down = [.. edges.Select((e, i) => turned[i] ? (e.To, e.From) : e)];
        Rank(down);
        foreach (Item box in Boxes) Place(box);
        Routes = new Item[edges.Count][];
        for (int i = 0; i < edges.Count; i++)
        {
            List<Item> route = down[i].From == down[i].To ? [Boxes[down[i].From]] : Route(Boxes[down[i].From], Boxes[down[i].To]);
            if (turned[i]) route.Reverse();
            Routes[i] = [.. route];
        }
        Order();
        Coordinates();
    }

    /// <summary>The boxes with their places: the middle of the upper edge.</summary>
    internal Item[] Boxes { get; }

    /// <summary>For each arrow the boxes and points that it leads over.</summary>
    internal Item[][] Routes { get; }

    internal double Width { get; private set; }

    internal double Height { get; private set; }

    /// <summary>Which edges close a circle; they are taken for their opposites. There are some where modules are collapsed.</summary>
    private static bool[] Turned(int count, IReadOnlyList<(int From, int To)> edges)
    {
        List<int>[] leaving = new List<int>[count];
        for (int i = 0; i < count; i++) leaving[i] = [];
        for (int i = 0; i < edges.Count; i++) leaving[edges[i].From].Add(i);
        bool[] turned = new bool[edges.Count];
        // 0: not seen, 1: on the way, 2: done.
        byte[] state = new byte[count];
        Stack<(int Box, int Next)> way = [];
        // Boxes are numbered from the results on, so that a circle is cut where it comes back to what is nearest to the leaves.
        for (int root = count - 1; root >= 0; root--)
        {
            if (state[root] != 0) continue;
            way.Push((root, 0));
            state[root] = 1;
            while (way.TryPop(out (int Box, int Next) at))
            {
                if (at.Next == leaving[at.Box].Count)
                {
                    state[at.Box] = 2;
                    continue;
                }
                way.Push((at.Box, at.Next + 1));
                int edge = leaving[at.Box][at.Next], to = edges[edge].To;
                if (state[to] == 1) turned[edge] = true;
                else if (state[to] == 0)
                {
                    state[to] = 1;
                    way.Push((to, 0));
                }
            }
        }
        return turned;
    }

    /// <summary>The longest way from a source; then what would shorten arrows by it moves down to just above its first reader.</summary>
    private void Rank((int From, int To)[] edges)
    {
        int[] open = new int[Boxes.Length], entering = new int[Boxes.Length];
        ILookup<int, int> leaving = edges.Where(static e => e.From != e.To).Distinct().ToLookup(static e => e.From, static e => e.To);
        foreach (IGrouping<int, int> from in leaving) foreach (int to in from) open[to] = ++entering[to];
        Queue<int> ready = new(Enumerable.Range(0, open.Length).Where(i => open[i] == 0));
        List<int> order = [];
        while (ready.TryDequeue(out int at))
        {
            order.Add(at);
            foreach (int to in leaving[at])
            {
                Boxes[to].Rank = Math.Max(Boxes[to].Rank, Boxes[at].Rank + 1);
                if (--open[to] == 0) ready.Enqueue(to);
            }
        }
        for (int i = order.Count - 1; i >= 0; i--)
        {
            int at = order[i], readers = leaving[at].Count();
            if (readers > 0 && entering[at] <= readers) Boxes[at].Rank = leaving[at].Min(to => Boxes[to].Rank) - 1;
        }
        int first = Boxes.Min(static box => box.Rank);
        foreach (Item box in Boxes) box.Rank -= first;
    }

    private void Place(Item item)
    {
        while (ranks.Count <= item.Rank) ranks.Add([]);
        item.Order = ranks[item.Rank].Count;
        ranks[item.Rank].Add(item);
    }

    /// <summary>The items of an arrow, with a point in each rank that it passes.</summary>
    private List<Item> Route(Item from, Item to)
    {
        List<Item> route = [from];
        for (int rank = from.Rank + 1; rank <= to.Rank; rank++)
        {
            Item next = rank == to.Rank ? to : new Item(-1, 2, 0) { Rank = rank };
            if (rank < to.Rank) Place(next);
            route[^1].Below.Add(next);
            next.Above.Add(route[^1]);
            route.Add(next);
        }
        return route;
    }

    /// <summary>Sorts each rank by where the neighbours are, down and up in turn; the order with the fewest crossings stays.</summary>
    private void Order()
    {
        long least = Crossings();
        Item[][] best = [.. ranks.Select(static rank => rank.ToArray())];
        for (int sweep = 0; sweep < 2 * Sweeps && least > 0; sweep++)
        {
            bool down = sweep % 2 == 0;
            for (int i = 1; i < ranks.Count; i++)
            {
                List<Item> rank = ranks[down ? i : ranks.Count - 1 - i];
                foreach (Item item in rank)
                {
                    List<Item> near = down ? item.Above : item.Below;
                    item.Wanted = near.Count == 0 ? item.Order : near.Average(static n => (double)n.Order);
                }
                Item[] sorted = [.. rank.OrderBy(static item => item.Wanted).ThenBy(static item => item.Order)];
                for (int at = 0; at < sorted.Length; at++) (rank[at], sorted[at].Order) = (sorted[at], at);
            }
            long crossings = Crossings();
            if (crossings >= least) continue;
            least = crossings;
            best = [.. ranks.Select(static rank => rank.ToArray())];
        }
        for (int i = 0; i < best.Length; i++)
            for (int at = 0; at < best[i].Length; at++) (ranks[i][at], best[i][at].Order) = (best[i][at], at);
    }

    /// <summary>How many pairs of arrows between neighbouring ranks cross, counted with a tree of sums.</summary>
    private long Crossings()
    {
        long crossings = 0;
        for (int i = 0; i + 1 < ranks.Count; i++)
        {
            int[] sums = new int[ranks[i + 1].Count + 1];
            int before = 0;
            foreach (Item item in ranks[i])
            {
                foreach (Item below in item.Below)
                {
                    int notAfter = 0;
                    for (int at = below.Order + 1; at > 0; at -= at & -at) notAfter += sums[at];
                    crossings += before - notAfter;
                }
                foreach (Item below in item.Below)
                {
                    before++;
                    for (int at = below.Order + 1; at < sums.Length; at += at & -at) sums[at]++;
                }
            }
        }
        return crossings;
    }

    private void Coordinates()
    {
        double y = 0;
        foreach (List<Item> rank in ranks)
        {
            double height = rank.Max(static item => item.Height), x = 0;
            foreach (Item item in rank)
            {
                // A long arrow passes beside the boxes, from the upper to the lower edge of their rank.
                if (item.Index < 0) item.Height = height;
                item.Y = y + (height - item.Height) / 2;
                item.X = x + item.Width / 2;
                x += item.Width + Gap;
            }
            y += height + RankGap;
        }
        Height = y - RankGap;
        for (int sweep = 0; sweep < 2 * Sweeps; sweep++)
        {
            bool down = sweep % 2 == 0;
            for (int i = 0; i < ranks.Count; i++) Straighten(ranks[down ? i : ranks.Count - 1 - i], down, sweep > Sweeps);
        }
        double left = ranks.Min(static rank => rank.Min(static item => item.X - item.Width / 2));
        foreach (Item item in ranks.SelectMany(static rank => rank)) item.X -= left;
        Width = ranks.Max(static rank => rank.Max(static item => item.X + item.Width / 2));
    }

    /// <summary>Moves the items of a rank as near to their neighbours as their order and sizes allow, by least squares.</summary>
    private static void Straighten(List<Item> rank, bool down, bool both)
    {
        List<(double Sum, double Weight, int Count)> groups = [];
        double offset = 0;
        for (int i = 0; i < rank.Count; i++)
        {
            Item item = rank[i];
            if (i > 0) offset += (rank[i - 1].Width + item.Width) / 2 + Gap;
            IEnumerable<Item> near = both ? item.Above.Concat(item.Below) : down ? item.Above : item.Below;
            double sum = 0, count = 0, weight = 1;
            foreach (Item n in near)
            {
                (sum, count) = (sum + n.X, count + 1);
                // A long arrow should be straight.
                if (item.Index < 0 && n.Index < 0) weight = 8;
            }
            double wanted = (count == 0 ? item.X : sum / count) - offset;
            (double Sum, double Weight, int Count) group = (wanted * weight, weight, 1);
            while (groups.Count > 0 && groups[^1].Sum / groups[^1].Weight > group.Sum / group.Weight)
            {
                group = (group.Sum + groups[^1].Sum, group.Weight + groups[^1].Weight, group.Count + groups[^1].Count);
                groups.RemoveAt(groups.Count - 1);
            }
            groups.Add(group);
        }
        int at = 0;
        offset = 0;
        foreach ((double sum, double weight, int count) in groups)
        {
            for (int i = 0; i < count; i++, at++)
            {
                if (at > 0) offset += (rank[at - 1].Width + rank[at].Width) / 2 + Gap;
                rank[at].X = sum / weight + offset;
            }
        }
    }
}
