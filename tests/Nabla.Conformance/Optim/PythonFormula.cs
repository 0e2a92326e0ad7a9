using System.Globalization;

namespace Nabla.Conformance;

/// <summary>A formula of one variable in Python's notation, such as <c>0.9 if epoch%5==0 else 1.0</c>.</summary>
public sealed class PythonFormula
{
    private readonly string[] tokens;
    private readonly string variable;
    private readonly double value;
    private int at;

    private PythonFormula(string text, string variable, double value)
    {
        tokens = [.. Tokens(text)];
        (this.variable, this.value) = (variable, value);
    }

    /// <summary>The formula as a function.</summary>
    public static Func<long, double> Parse(string text, string variable = "epoch") => n =>
    {
        PythonFormula formula = new(text, variable, n);
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
        double then = Comparison();
        if (!Take("if")) return then;
        double condition = Comparison();
        if (!Take("else")) throw new InvalidDataException("There is no else.");
        double otherwise = Choice();
        return condition != 0 ? then : otherwise;
    }

    private double Comparison()
    {
        double x = Sum();
        if (Take("==")) return x == Sum() ? 1 : 0;
        if (Take("!=")) return x != Sum() ? 1 : 0;
        if (Take("<=")) return x <= Sum() ? 1 : 0;
        if (Take(">=")) return x >= Sum() ? 1 : 0;
        if (Take("<")) return x < Sum() ? 1 : 0;
        return Take(">") ? x > Sum() ? 1 : 0 : x;
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

    private double Signed() => Take("-") ? -Signed() : Power();

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
        string token = at < tokens.Length ? tokens[at++] : "";
        if (token == variable) return value;
        if (token is "math.pi" or "pi") return Math.PI;
        if (!Take("(")) return double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);
        List<double> arguments = [Choice()];
        while (Take(",")) arguments.Add(Choice());
        if (!Take(")")) throw new InvalidDataException("A parenthesis is not closed.");
        return token switch
        {
            "math.cos" or "cos" => Math.Cos(arguments[0]),
            "math.sin" or "sin" => Math.Sin(arguments[0]),
            "math.exp" or "exp" => Math.Exp(arguments[0]),
            "math.sqrt" or "sqrt" => Math.Sqrt(arguments[0]),
            "math.log" or "log" => Math.Log(arguments[0]),
            "abs" => Math.Abs(arguments[0]),
            "min" => arguments.Min(),
            "max" => arguments.Max(),
            _ => throw new InvalidDataException($"I do not know the function '{token}'."),
        };
    }
}
