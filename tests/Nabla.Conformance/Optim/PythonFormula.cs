using System.Globalization;

namespace Nabla.Conformance;

/// <summary>A formula of one variable in Python's notation, such as <c>0.9 if epoch%5==0 else 1.0</c> or <c>lambda n: 0.5**n</c>.
/// The variable may have any name.</summary>
public sealed class PythonFormula
{
    private readonly string[] tokens;
    private readonly double value;
    private int at;

    private PythonFormula(string text, double value)
    {
        tokens = [.. Tokens(text)];
        this.value = value;
        if (!Take("lambda")) return;
        at++;
        if (!Take(":")) throw new InvalidDataException($"I do not understand '{text}'.");
    }

    /// <summary>The formula as a function.</summary>
    public static Func<long, double> Parse(string text) => n =>
    {
        PythonFormula formula = new(text, n);
        double result = formula.Choice();
        return formula.at == formula.tokens.Length ? result : throw new InvalidDataException($"I do not understand '{text}'.");
    };

    private static IEnumerable<string> Tokens(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            if (char.IsLetterOrDigit(text[i]) || text[i] is '.' or '_')
            {
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] is '.' or '_' || (text[i] is '-' or '+' &&
                    text[i - 1] is 'e' && char.IsDigit(text[start])))) i++;
            }
            else i += i + 1 < text.Length && text.Substring(i, 2) is "**" or "//" or "==" or "!=" or "<=" or ">=" ? 2 : 1;
            yield return text[start..i];
        }
    }

    private bool Take(string token)
    {
        if (at == tokens.Length || tokens[at] != token) return false;
        at++;
        return true;
    }

    private double Choice()
    {
        double then = Either();
        if (!Take("if")) return then;
        double condition = Either();
        if (!Take("else")) throw new InvalidDataException("There is no else.");
        double otherwise = Choice();
        return condition != 0 ? then : otherwise;
    }

    // Python's "and" and "or" give one of their operands.
    private double Either()
    {
        double x = Both();
        while (Take("or"))
        {
            double y = Both();
            if (x == 0) x = y;
        }
        return x;
    }

    private double Both()
    {
        double x = Negated();
        while (Take("and"))
        {
            double y = Negated();
            if (x != 0) x = y;
        }
        return x;
    }

    private double Negated() => Take("not") ? Negated() == 0 ? 1 : 0 : Comparison();

    private static readonly string[] Relations = ["==", "!=", "<=", ">=", "<", ">"];

    /// <summary>A sum, or a chain such as <c>0 &lt; x &lt;= 5</c>, or <c>x in (2, 3)</c>.</summary>
    private double Comparison()
    {
        double x = Sum();
        bool not = at + 1 < tokens.Length && tokens[at] == "not" && tokens[at + 1] == "in";
        if (not) at++;
        if (Take("in")) return List().Contains(x) != not ? 1 : 0;
        bool chained = false, all = true;
        while (at < tokens.Length && Relations.Contains(tokens[at]))
        {
            string relation = tokens[at++];
            double y = Sum();
            all &= relation switch
            {
                "==" => x == y,
                "!=" => x != y,
                "<=" => x <= y,
                ">=" => x >= y,
                "<" => x < y,
                _ => x > y,
            };
            (x, chained) = (y, true);
        }
        return chained ? all ? 1 : 0 : x;
    }

    /// <summary>Values in brackets of any kind, with commas between them and perhaps one more.</summary>
    private List<double> List()
    {
        if (!Take("(") && !Take("[") && !Take("{")) throw new InvalidDataException("A list is missing.");
        List<double> values = [];
        while (!Take(")") && !Take("]") && !Take("}"))
        {
            values.Add(Choice());
            Take(",");
        }
        return values;
    }

    private double Sum()
    {
        double x = Product();
        while (true)
        {
            if (Take("+")) x += Product();
            else if (Take("-")) x -= Product();
            else return x;
        }
    }

    private double Product()
    {
        double x = Signed();
        while (true)
        {
            if (Take("*")) x *= Signed();
            else if (Take("/")) x /= Signed();
            else if (Take("//")) x = Math.Floor(x / Signed());
            else if (Take("%"))
            {
                double y = Signed();
                x -= y * Math.Floor(x / y);
            }
            else return x;
        }
    }

    private double Signed() => Take("-") ? -Signed() : Take("+") ? Signed() : Power();

    private double Power()
    {
        double x = Atom();
        return Take("**") ? Math.Pow(x, Signed()) : x;
    }

    private double Atom()
    {
        if (Take("("))
        {
            double inner = Choice();
            return Take(")") ? inner : throw new InvalidDataException("A parenthesis is not closed.");
        }
        string token = at < tokens.Length ? tokens[at++] : throw new InvalidDataException("The formula ends too early.");
        if (char.IsDigit(token[0]) || token[0] == '.') return double.Parse(token.Replace("_", ""), CultureInfo.InvariantCulture);
        if (at == tokens.Length || tokens[at] != "(") return Named(token);
        List<double> arguments = List();
        token = token[(token.LastIndexOf('.') + 1)..];
        return token switch
        {
            "cos" => Math.Cos(arguments[0]),
            "sin" => Math.Sin(arguments[0]),
            "tanh" => Math.Tanh(arguments[0]),
            "exp" => Math.Exp(arguments[0]),
            "sqrt" => Math.Sqrt(arguments[0]),
            "log" => arguments.Count > 1 ? Math.Log(arguments[0]) / Math.Log(arguments[1]) : Math.Log(arguments[0]),
            "log2" => Math.Log2(arguments[0]),
            "log10" => Math.Log10(arguments[0]),
            "pow" => Math.Pow(arguments[0], arguments[1]),
            "floor" => Math.Floor(arguments[0]),
            "ceil" => Math.Ceiling(arguments[0]),
            "int" => Math.Truncate(arguments[0]),
            "float" => arguments[0],
            "round" => Math.Round(arguments[0]),
            "abs" or "fabs" => Math.Abs(arguments[0]),
            "min" => arguments.Min(),
            "max" => arguments.Max(),
            _ => throw new InvalidDataException($"I do not know the function '{token}'."),
        };
    }

    private double Named(string token) => token switch
    {
        "True" => 1,
        "False" => 0,
        "math.pi" or "pi" or "np.pi" => Math.PI,
        "math.e" => Math.E,
        _ => value,
    };
}
