import { dotnet } from "./_framework/dotnet.js";

// Code is translated to WebAssembly when it has run this often: soon, so that what is checked is the translation, too.
const { getAssemblyExports, getConfig } = await dotnet
    .withRuntimeOptions(["--jiterpreter-minimum-trace-hit-count=8", "--jiterpreter-trace-monitoring-period=1"])
    .create();
globalThis.checks = (await getAssemblyExports(getConfig().mainAssemblyName)).Nabla.Browser.Checks.Page;
