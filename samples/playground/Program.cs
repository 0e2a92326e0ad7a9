using System.Runtime.InteropServices.JavaScript;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Nabla.Playground;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("browser")]

WebAssemblyHostBuilder builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<PlaygroundPage>("#app");
await JSHost.ImportAsync("playground", "../playground.js");
await builder.Build().RunAsync();
