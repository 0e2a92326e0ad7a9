import { dotnet } from "./_framework/dotnet.js";

// What was built and not published would run with a debugger in mind, and so would not be translated to WebAssembly when it is run often.
const { getAssemblyExports, getConfig } = await dotnet.withDebugging(0).create();
globalThis.checks = (await getAssemblyExports(getConfig().mainAssemblyName)).Nabla.Browser.Checks.Page;
