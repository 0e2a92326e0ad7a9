System.Console.WriteLine("ready");  // everything else is called from the tests: see Page
