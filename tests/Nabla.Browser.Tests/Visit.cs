using System.Globalization;
using PuppeteerSharp;

namespace Nabla.Browser.Tests;

/// <summary>An open page, and what went wrong in it.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly List<string> errors = [], requests = [];

    private Visit(IPage page) => Page = page;

    public IPage Page { get; }

    /// <summary>Errors on the console, unhandled exceptions, requests that failed.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>Every address that was asked for.</summary>
    public IReadOnlyList<string> Requests => requests;

    internal static async Task<Visit> Begin(IBrowser browser, string address)
    {
        IPage page = await browser.NewPageAsync();
        Visit visit = new(page);
        page.Console += (_, e) =>
        {
            if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning) visit.errors.Add($"console: {e.Message.Text}");
        };
        page.PageError += (_, e) => visit.errors.Add($"exception: {e.Message}");
        page.RequestFailed += (_, e) => visit.errors.Add($"request: {e.Request.Url}");
        page.Request += (_, e) => visit.requests.Add(e.Request.Url);
        await page.SetViewportAsync(new ViewPortOptions { Width = 1360, Height = 1000 });
        await page.GoToAsync(address);
        return visit;
    }

    /// <summary>Waits until a condition in the page holds.</summary>
    internal async Task Until(string condition)
    {
        try
        {
            await Page.WaitForExpressionAsync(condition, new WaitForFunctionOptions { Timeout = 60_000 });
        }
        catch (WaitTaskTimeoutException)
        {
            Assert.Fail($"never: {condition}; errors: {string.Join("; ", errors)}; the page: {await Page.GetContentAsync()}");
        }
    }

    internal Task<T> Get<T>(string expression) => Page.EvaluateExpressionAsync<T>(expression);

    internal Task<string> Text(string selector) => Get<string>($"document.querySelector('{selector}').innerText");

    /// <summary>What a canvas shows.</summary>
    internal Task<string> Picture(string canvas) => Get<string>($"document.querySelector('{canvas}').toDataURL()");

    /// <summary>One of the figures, in full precision.</summary>
    internal async Task<double> Figure(string name) => double.Parse(
        await Get<string>($"document.querySelector('#figures').dataset.{name}"), CultureInfo.InvariantCulture);

    /// <summary>Chooses an option by the text that is shown.</summary>
    internal async Task Choose(string select, string text)
    {
        string value = await Get<string>(
            $"[...document.querySelector('{select}').options].find(o => o.text === '{text}')?.value ?? 'no option {text}'");
        await Page.SelectAsync(select, value);
    }

    /// <summary>Enters a value as a user who leaves the field afterwards.</summary>
    internal Task Enter(string input, string value) => Get<object>(
        $"(e => {{ e.value = '{value}'; e.dispatchEvent(new Event('change', {{ bubbles: true }})); }})(document.querySelector('{input}'))");

    /// <summary>Presses Step and waits for it to have been done.</summary>
    internal async Task Step()
    {
        double before = await Figure("step");
        await Page.ClickAsync("#step");
        await Until(string.Create(CultureInfo.InvariantCulture, $"document.querySelector('#figures').dataset.step === '{before + 1}'"));
    }

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
