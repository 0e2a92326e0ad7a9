using System.Globalization;
using System.Xml.Linq;
using Nabla.Nn;

namespace Nabla.Tests.AutogradTests;

/// <summary>Pictures in layers: boxes that do not overlap, arrows that lead down, few crossings.</summary>
public sealed class GraphSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static XElement Parse(string svg) => XDocument.Parse(svg).Root!;

    private static double Number(XElement e, string name) => double.Parse(e.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static Dictionary<string, (double X, double Y, double Width, double Height)> Boxes(XElement svg) =>
        svg.Elements(Svg + "g").ToDictionary(static g => g.Attribute("id")!.Value, static g =>
        {
            XElement r = g.Element(Svg + "rect")!;
            return (Number(r, "x"), Number(r, "y"), Number(r, "width"), Number(r, "height"));
        });

    private static Tensor Residual(int blocks)
    {
        Tensor x = Tensor.Ones([2, 2], requiresGrad: true), w = Tensor.Ones([2, 2], requiresGrad: true);
        for (int i = 0; i < blocks; i++) x = x + x.MatMul(w).Tanh();
        return x.Sum();
    }

    [Fact]
    public void A_picture_has_a_box_for_each_node_and_an_arrow_for_each_operand()
    {
        Tensor x = Tensor.Of([1.0, 2.0], requiresGrad: true);
        x.Name = "x";
        Tensor y = (x * x).Sum();
        y.Name = "y";
        XElement svg = Parse(GraphPicture.ToSvg(y));
        Assert.Equal(["n0", "n1", "n2"], Boxes(svg).Keys.Order());
        Assert.Equal(3, svg.Elements(Svg + "path").Count());
        string[] texts = [.. svg.Descendants(Svg + "text").Select(static t => t.Value)];
        Assert.Equal("3 nodes, 1 leaf, saves 16 B in 8 B of memory", texts[0]);
        Assert.Equal(["SumBackward0", "result \"y\"", "float32 []", "MulBackward0", "float32 [2]", "saves 16 B", "AccumulateGrad \"x\"",
            "float32 [2]"], texts[1..]);
        Assert.Single(svg.Descendants(Svg + "rect"), static r => r.Attribute("class")?.Value == "box result");
    }

    [Fact]
    public void Boxes_do_not_overlap_lie_inside_and_arrows_lead_down()
    {
        XElement svg = Parse(GraphPicture.ToSvg(Residual(12)));
        var boxes = Boxes(svg);
        (double X, double Y, double Width, double Height)[] all = [.. boxes.Values];
        for (int i = 0; i < all.Length; i++)
        {
            Assert.True(all[i].X >= 0 && all[i].Y >= 0 && all[i].X + all[i].Width <= Number(svg, "width")
                && all[i].Y + all[i].Height <= Number(svg, "height"));
            for (int j = 0; j < i; j++)
                Assert.False(all[i].X < all[j].X + all[j].Width && all[j].X < all[i].X + all[i].Width
                    && all[i].Y < all[j].Y + all[j].Height && all[j].Y < all[i].Y + all[i].Height, $"{all[i]} and {all[j]} overlap");
        }
        foreach (XElement path in svg.Elements(Svg + "path"))
        {
            string[] numbers = path.Attribute("d")!.Value.Split(['M', 'C', 'V', ' '], StringSplitOptions.RemoveEmptyEntries);
            Assert.True(double.Parse(numbers[1], CultureInfo.InvariantCulture) < double.Parse(numbers[^1], CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void The_same_graph_gives_the_same_picture() =>
        Assert.Equal(GraphPicture.ToSvg(Residual(5)), GraphPicture.ToSvg(Residual(5)));

    [Fact]
    public void Names_are_escaped()
    {
        Tensor x = Tensor.Of(1.0, requiresGrad: true);
        x.Name = "</text><script>alert(1)</script>&\"\u0001\n\ud800 größe";
        string svg = GraphPicture.ToSvg(x * 2);
        Assert.DoesNotContain("<script", svg);
        Assert.Contains(Parse(svg).Descendants(Svg + "text"),
            static t => t.Value.Contains("</text><script>alert(1)</script>&\"", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_left_out_is_said()
    {
        XElement svg = Parse(GraphPicture.ToSvg(Residual(100), new GraphPictureOptions { MaxNodes = 10 }));
        Assert.Equal(10, Boxes(svg).Count);
        Assert.Contains(svg.Descendants(Svg + "text"), static t => t.Value == "… 293 more nodes");
    }

    private sealed class Inner : Module<Tensor, Tensor>
    {
        private readonly Tensor weight = Parameter.Of(Tensor.Ones(2));

        protected override Tensor Forward(Tensor input) => input * weight;
    }

    private sealed class Twice : Module<Tensor, Tensor>
    {
        private readonly Inner inner = new();

        // A collapsed module that is called before and after another operation makes a circle of boxes.
        protected override Tensor Forward(Tensor input) => inner.Call(inner.Call(input).Exp());
    }

    [Fact]
    public void Collapsed_modules_may_make_circles()
    {
        Tensor loss;
        using (GraphPicture.RecordModules()) loss = new Twice().Call(Tensor.Ones(2)).Sum();
        XElement svg = Parse(GraphPicture.ToSvg(loss, new GraphPictureOptions { Collapse = 2 }));
        Assert.Equal(["m1", "n0", "n2"], Boxes(svg).Keys.Order());
        Assert.Equal(3, svg.Elements(Svg + "path").Count());
        Assert.Contains(svg.Descendants(Svg + "text"), static t => t.Value == "Twice.inner");
        Assert.Equal(GraphPicture.ToSvg(loss), GraphPicture.ToSvg([loss]));
    }

    [Fact]
    public void Crossings_that_need_not_be_are_removed()
    {
        // Arrows 0 to 3 and 1 to 2 cross as the boxes are numbered.
        LayeredLayout layout = new([(10, 10), (10, 10), (10, 10), (10, 10)], [(0, 3), (1, 2)]);
        Assert.Equal(layout.Boxes[0].X < layout.Boxes[1].X, layout.Boxes[3].X < layout.Boxes[2].X);
        Assert.Equal(layout.Boxes[0].X, layout.Boxes[3].X, 6);
        LayeredLayout self = new([(10, 10)], [(0, 0)]);
        Assert.Equal((10, 10), (self.Width, self.Height));
    }
}
