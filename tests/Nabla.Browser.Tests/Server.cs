using System.Net;
using System.Net.Sockets;

namespace Nabla.Browser.Tests;

/// <summary>Serves the files of some folders on 127.0.0.1, the first folder that has one.</summary>
internal sealed class Server : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly string[] folders;

    internal Server(params string[] folders)
    {
        this.folders = [.. folders.Select(static f => Path.GetFullPath(f) + Path.DirectorySeparatorChar)];
        Address = $"http://127.0.0.1:{FreePort()}/";
        listener.Prefixes.Add(Address);
        listener.Start();
        _ = Task.Run(Serve);
    }

    internal string Address { get; }

    public void Dispose() => listener.Close();

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task Serve()
    {
        while (listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await listener.GetContextAsync();
                _ = Task.Run(() => Answer(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        using HttpListenerResponse response = context.Response;
        string path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath).TrimStart('/');
        if (path.Length == 0) path = "index.html";
        string? file = folders.Select(f => Path.GetFullPath(Path.Combine(f, path)))
            .FirstOrDefault(f => folders.Any(root => f.StartsWith(root, StringComparison.Ordinal)) && File.Exists(f));
        if (file is null)
        {
            response.StatusCode = 404;
            return;
        }
        response.ContentType = Path.GetExtension(file) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".js" => "text/javascript",
            ".css" => "text/css",
            ".json" => "application/json",
            ".svg" => "image/svg+xml",
            ".wasm" => "application/wasm",
            _ => "application/octet-stream",
        };
        byte[] bytes = await File.ReadAllBytesAsync(file);
        response.ContentLength64 = bytes.Length;
        try
        {
            await response.OutputStream.WriteAsync(bytes);
        }
        catch (HttpListenerException)
        {
            // The browser has gone.
        }
    }
}
