using System.Globalization;
using Nabla.Playground;
using PuppeteerSharp;

namespace Nabla.Browser.Tests;

/// <summary>samples/playground, published, as somebody uses it.</summary>
[Collection("Browser")]
public sealed class PlaygroundTests(BrowserFixture browser)
{
    [Fact]
    public async Task It_trains_pauses_and_begins_anew()
    {
        await using Visit visit = await browser.Playground();
        double loss = await visit.Figure("unseen");
        const string Curve = "document.querySelector('#curve .learning').getAttribute('d')";
        string boundary = await visit.Picture("#boundary"), network = await visit.Picture("#network");
        string curve = await visit.Get<string>(Curve);

        await visit.Page.ClickAsync("#run");
        Assert.Equal("Training", await visit.Text("#status"));
        await visit.Until("+document.querySelector('#figures').dataset.step > 200");
        await visit.Page.ClickAsync("#run");
        await visit.Until("document.querySelector('#status').innerText === 'Paused'");

        double step = await visit.Figure("step"), accuracy = await visit.Figure("accuracy");
        Assert.True(await visit.Figure("unseen") < loss / 2 && await visit.Figure("learning") < loss / 2, await visit.Text("#figures"));
        Assert.True(accuracy > 0.85, await visit.Text("#figures"));
        Assert.NotEqual(boundary, await visit.Picture("#boundary"));
        Assert.NotEqual(network, await visit.Picture("#network"));
        Assert.NotEqual(curve, await visit.Get<string>(Curve));
        string said = await visit.Get<string>("document.querySelector('#boundary').ariaLabel");
        Assert.Contains($"after {step} steps", said, StringComparison.Ordinal);

        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(step, await visit.Figure("step"));

        await visit.Page.ClickAsync("#reset");
        await visit.Until("document.querySelector('#figures').dataset.step === '0'");
        Assert.Equal(loss, await visit.Figure("unseen"));
        Assert.Equal(boundary, await visit.Picture("#boundary"));
        Assert.Empty(visit.Errors);
        Assert.All(visit.Requests, r => Assert.StartsWith(visit.Page.Url, r, StringComparison.Ordinal));
    }

    /// <summary>Circles, in moments; spirals for docs/pictures/playground.png if NABLA_WRITE is pictures (pngquant makes it
    /// small).</summary>
    [Fact]
    public async Task It_learns_with_three_layers_of_eight()
    {
        bool write = Environment.GetEnvironmentVariable("NABLA_WRITE") == "pictures";
        await using Visit visit = await browser.Playground();
        await visit.Page.SetViewportAsync(new ViewPortOptions { Width = 1240, Height = 940 });
        await visit.Choose("#data", write ? "spirals" : "circles");
        await visit.Choose("#layers", "3");
        await visit.Choose("#width", "8");
        await visit.Page.ClickAsync("#run");
        await visit.Until($"+document.querySelector('#figures').dataset.unseen < {(write ? "0.07" : "0.2")}");
        await visit.Page.ClickAsync("#run");
        await visit.Until("document.querySelector('#status').innerText === 'Paused'");
        byte[] picture = await visit.Page.ScreenshotDataAsync(new ScreenshotOptions { FullPage = true });
        Assert.True(picture.Length > 10_000);
        string file = Path.Combine(BrowserFixture.Root, "docs", "pictures", "playground.png");
        if (write) await File.WriteAllBytesAsync(file, picture, TestContext.Current.CancellationToken);
        Assert.Empty(visit.Errors);
    }

    /// <summary>Every data set, activation and optimizer is chosen once by its control; the page's losses are those of the same training
    /// here. Only sums are ordered differently (vectors are narrower there): what that makes of 8 steps is below 1e-4.</summary>
    [Fact]
    public async Task Its_numbers_are_those_outside_of_a_browser()
    {
        await using Visit visit = await browser.Playground();
        await visit.Enter("#seed", "7");
        await visit.Choose("#rate", "0.01");
        await visit.Choose("#layers", "3");
        await visit.Choose("#width", "5");
        await visit.Choose("#batch", "60");
        await visit.Enter("#noise", "0.2");
        string[] data = ["moons", "circles", "spirals", "xor", "gaussians"], activations = ["tanh", "relu", "gelu", "silu", "sigmoid"],
            methods = ["SGD", "SGD, momentum 0.9", "RMSprop", "Adam", "Lion"];
        for (int k = 0; k < data.Length; k++)
        {
            await visit.Choose("#data", data[k]);
            await visit.Choose("#activation", activations[k]);
            await visit.Choose("#method", methods[k]);
            await visit.Until("document.querySelector('#figures').dataset.step === '0'");
            Experiment here = new(new Settings
            {
                Data = (DataKind)k,
                Activation = (Activation)k,
                Method = (Method)k,
                Seed = 7,
                LearningRate = 0.01,
                Layers = 3,
                Width = 5,
                BatchSize = 60,
                Noise = 0.2,
            });
            for (int step = 0; step < 8; step++)
            {
                await visit.Step();
                Assert.True(here.Step());
                double there = await visit.Figure("loss");
                Assert.True(Math.Abs(here.BatchLoss - there) <= 1e-4 * here.BatchLoss,
                    $"{data[k]}, step {step + 1}: {here.BatchLoss:R} here, {there:R} in the page");
            }
            here.Evaluate();
            Assert.Equal(here.Unseen.Loss, await visit.Figure("unseen"), 1e-4);
        }
        Assert.Empty(visit.Errors);
    }

    [Fact]
    public async Task Its_gradients_are_shown_layer_by_layer()
    {
        await using Visit visit = await browser.Playground();
        foreach (int layers in new[] { 1, 4 })
        {
            await visit.Choose("#layers", layers.ToString(CultureInfo.InvariantCulture));
            await visit.Step();
            string[] names = await visit.Get<string[]>("[...document.querySelectorAll('#gradients tbody th')].map(h => h.innerText)");
            Assert.Equal([.. Enumerable.Range(1, layers).Select(static i => $"hidden {i}"), "output"], names);
            double[] norms = await visit.Get<double[]>(
                "[...document.querySelectorAll('#gradients tbody tr')].map(r => +r.children[2].innerText)");
            Experiment here = new(new Settings { Layers = layers });
            here.Step();
            Assert.Equal(here.Gradients().Select(static g => Math.Round(g.Gradient, 4)), norms, static (a, b) => Math.Abs(a - b) < 2e-4);
            Assert.True(await visit.Get<bool>(
                "[...document.querySelectorAll('.spread path')].every(p => p.getAttribute('d').length > 10)"));
        }
        await visit.Page.ClickAsync("#recorded summary");
        await visit.Until("document.querySelector('#recorded pre').innerText.includes('AddmmBackward0')");
        await visit.Choose("#activation", "relu");
        await visit.Until("document.querySelector('#recorded pre').innerText.includes('ReluBackward0')");
        Assert.Empty(visit.Errors);
    }

    [Fact]
    public async Task Every_control_does_something()
    {
        await using Visit visit = await browser.Playground();
        await visit.Step();
        await Changes(visit, "#boundary", () => visit.Page.ClickAsync("#unseen"));
        await Changes(visit, "#network", () => visit.Choose("#edges", "gradients"));
        await Changes(visit, "#network", () => visit.Choose("#edges", "weights"));
        await Changes(visit, "#boundary", () => visit.Enter("#noise", "0.4"));
        await Changes(visit, "#boundary", () => visit.Enter("#seed", "123"));
        await Changes(visit, "#network", () => visit.Choose("#width", "3"));
        await Changes(visit, "#network", () => visit.Choose("#layers", "1"));
        string light = await visit.Get<string>("getComputedStyle(document.body).backgroundColor");
        await Changes(visit, "#boundary", () => visit.Choose("#theme", "dark"));
        Assert.NotEqual(light, await visit.Get<string>("getComputedStyle(document.body).backgroundColor"));

        // One step a frame is no more than that.
        await visit.Choose("#speed", "one step a frame");
        await visit.Get<object>(
            "(f => { window.frames_ = 0; f(); })(function count() { window.frames_++; requestAnimationFrame(count); })");
        await visit.Page.ClickAsync("#run");
        await visit.Until("+document.querySelector('#figures').dataset.step >= 24");
        await visit.Page.ClickAsync("#run");
        Assert.True(await visit.Figure("step") <= await visit.Get<double>("window.frames_") + 2);

        // A rate that is far too high ends with a word, and Reset goes on from there.
        await visit.Choose("#data", "xor");
        await visit.Enter("#seed", "1");
        await visit.Choose("#layers", "4");
        await visit.Choose("#width", "8");
        await visit.Choose("#activation", "silu");
        await visit.Choose("#method", "SGD");
        await visit.Choose("#rate", "10");
        await visit.Choose("#speed", "full");
        await visit.Page.ClickAsync("#run");
        await visit.Until("document.querySelector('#status').innerText.includes('lower learning rate')");
        Assert.True(await visit.Get<bool>("document.querySelector('#run').disabled && document.querySelector('#step').disabled"));
        await visit.Choose("#rate", "0.01");
        await visit.Page.ClickAsync("#reset");
        await visit.Step();
        Assert.Empty(visit.Errors);
    }

    private static async Task Changes(Visit visit, string canvas, Func<Task> act)
    {
        string before = await visit.Picture(canvas);
        await act();
        await visit.Until($"document.querySelector('{canvas}').toDataURL() !== '{before}'");
    }

    [Fact]
    public async Task It_can_be_used_by_keyboard_and_read_aloud()
    {
        await using Visit visit = await browser.Playground();
        await visit.Page.FocusAsync("#run");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Until("document.querySelector('#status').innerText === 'Training'");
        await visit.Page.Keyboard.PressAsync(" ");
        await visit.Until("document.querySelector('#status').innerText === 'Paused'");
        await visit.Page.FocusAsync("#width");
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await visit.Until("document.querySelector('#figures').dataset.step === '0'");

        string[] nameless = await visit.Get<string[]>("""
            [...document.querySelectorAll("button, select, input, canvas, svg[role], pre, section")]
                .filter(e => !(e.ariaLabel || e.labels?.[0]?.innerText || e.innerText && e.tagName === "BUTTON"
                    || document.getElementById(e.getAttribute("aria-labelledby"))?.innerText))
                .map(e => e.outerHTML)
            """);
        Assert.Empty(nameless);
        foreach (string theme in new[] { "light", "dark" })
        {
            await visit.Choose("#theme", theme);
            string[] faint = await visit.Get<string[]>(Contrast);
            Assert.Empty(faint);
        }
        await visit.Page.SetViewportAsync(new ViewPortOptions { Width = 360, Height = 740 });
        Assert.True(await visit.Get<double>("document.documentElement.scrollWidth") <= 360);
        Assert.Empty(visit.Errors);
    }

    /// <summary>Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, level AA).</summary>
    private const string Contrast = """
        (() => {
            const numbers = text => text.match(/[\d.]+/g).map(Number);
            const light = c => { const [r, g, b] = c.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const behind = e => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor);
                if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
            const faint = [];
            for (const e of document.querySelectorAll("body *")) {
                const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
                if (!own || !e.checkVisibility() || e.disabled || e.tagName === "OPTION") continue;
                const [a, b] = [light(numbers(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
                if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(`${e.tagName} ${e.innerText}: ${(a + 0.05) / (b + 0.05)}`);
            }
            return faint;
        })()
        """;

    [Fact]
    public async Task The_download_is_small()
    {
        await using Visit visit = await browser.Playground();
        long bytes = new DirectoryInfo(BrowserFixture.Published).EnumerateFiles("*.br", SearchOption.AllDirectories)
            .Sum(static f => f.Length);
        Assert.InRange(bytes, 1_000_000, 3_000_000);
    }
}
