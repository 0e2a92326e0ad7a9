namespace Nabla;

static partial class ExactMath
{
    // glibc's tables are computed here, in double-double arithmetic, from the few numbers that somebody once had to choose.

    /// <summary>sin and cos of k/128, k = 0..110, each as a double and its remainder: sin, rest, cos, rest.</summary>
    static class SinCosTable
    {
        internal const int Stride = 4;
        internal static readonly double[] Values = Make();

        static double[] Make()
        {
            var values = new double[111 * Stride];
            for (int k = 0; k < 111; k++)
            {
                var (sin, cos) = DoubleDouble.SinCos(k / 128.0);
                (values[k * Stride], values[k * Stride + 1]) = (sin.High, sin.Low);
                (values[k * Stride + 2], values[k * Stride + 3]) = (cos.High, cos.Low);
            }
            return values;
        }
    }

    /// <summary>
    /// Points x near (i + 16)/256, i = 0..185, at which tan x is almost a double (S. Gal's accurate tables): x, tan x, cot x.
    /// </summary>
    static class TanTable
    {
        internal const int Stride = 3;
        internal static readonly double[] Values = Make();

        // How far each point is from (i + 16)/256, in units of 2^-56; the points are those of the IBM Accurate Mathematical Library.
        static ReadOnlySpan<int> Offsets =>
        [
            508665184, 454717456, 621142864, -52673966, -469793633, -305571569, 15631351, -351933887, -603646473, -477833301, -461167801,
            658850019, -21025125, 592613445, -663574487, -13485180, 433005354, -595471824, 427893754, 456289602, -625057008, 199283874,
            -59087044, -619636002, 93587994, -458867016, 653169444, -608463270, -399338688, -261511358, -81654316, 516502686, -569542736,
            70829672, -417722708, 547223874, 310572640, -700954664, -164743130, 359958908, 578442364, -381943396, 200024918, 686594518,
            695850220, -84726918, 428255340, 61060198, 405819080, 237064776, 347957324, 183004116, -577172732, 215485376, -67868596,
            -597632652, -67078144, -116823640, 377161580, 3621380, -260623188, -620539264, 449158732, 483802764, -252943556, 3623584,
            -288302004, -331026480, -540926172, 573366352, -548051560, 586977856, 669652220, 493190952, 207232872, -685555832, -529020732,
            -372973192, 153776300, 195922656, 355027780, -454557044, -277723388, -616015976, 199021500, 331080400, 276503976, 537999644,
            132156780, -298730464, -319451260, -674139872, 337825072, 705807408, -632576160, 168019252, 4491076, -69629272, 638672992,
            -334344452, -179677060, -125016432, -382233000, -104175196, 660185096, -326870692, 687610408, 112640384, -42978300,
            -453673168, -399030724, -185959320, -249540608, -90455200, -149418568, 57783800, -351972840, 465246016, -119322360,
            -130504104, 401009952, 242256384, 646421160, 131621968, 326665624, -397686848, -324788136, -556731128, -456873576, 157051184,
            665236856, -435953968, 560771528, 502353152, -716638064, -196983672, -197613224, -32687864, -75162736, 565658032, -436948472,
            -38357424, 614104928, 531528696, 692082376, 620223272, 28206512, 430127288, 402729896, 719297544, 644908824, 191039240,
            -55347120, 62338904, 512322008, -415247256, 428712784, -526113680, -605643608, 7234048, 394172384, -171948976, 127815728,
            -185198688, 513919792, -709641192, -441254840, -491762360, -495485904, 40682904, -525696088, 616960024, -118312528, 288793296,
            310717776, 605536624, 271057392, -540237688, 306650392, 170789560, 288460232, 586924352, -30132616, -332257744, -227292744,
            564734200
        ];

        static double[] Make()
        {
            var values = new double[Offsets.Length * Stride];
            for (int i = 0; i < Offsets.Length; i++)
            {
                double x = (i + 16) / 256.0 + Offsets[i] * (1.0 / (1L << 56));
                var (sin, cos) = DoubleDouble.SinCos(x);
                (values[i * Stride], values[i * Stride + 1], values[i * Stride + 2]) = (x, (sin / cos).High, (cos / sin).High);
            }
            return values;
        }
    }

    /// <summary>For each 128th of [0.6875, 1.375) a number near the reciprocal of its centre, and its logarithm: 1/c, log c.</summary>
    static class LogTable
    {
        internal const int Stride = 2;
        internal static readonly double[] Values = Make();

        // How far 1/c is from the centre's own, in units of 2^-53: Arm's choice, which makes log c almost a multiple of 2^-43.
        static ReadOnlySpan<int> Offsets =>
        [
            -46284764, -115287508, -468669678, -249329608, 38090024, -246646796, -1002326510, 684959852, -469186612, 114842368,
            1027234976, -481782956, 170339482, 57318300, 568107598, 685126114, -136840918, -692289424, -180227532, -928045960, 570685416,
            -979097650, 752109696, 94795624, -847275702, -521977068, 672214042, 896483156, 308354710, 895786768, 482455110, -841273428,
            -436853460, -193753368, -411670436, -736356396, -690257420, -1020569004, 963527462, 418672224, 858672620, 30978658, 884706354,
            -835668660, 146366742, 1030465360, 1015969072, 167574550, 660819904, 303193368, 755488408, 396605714, 429596542, -691915432,
            712326214, 431020044, -459795920, -263419452, 430427236, -929038414, -665643992, 771561040, -800689572, 512416278, 956713054,
            691440674, 256933754, 435031502, -324096686, 590255160, -471785550, -138738694, 187333682, -545720260, 183830348, 58036118,
            517786458, 772018560, -483266014, 136798762, 386341370, 408940642, 65060217, -120872168, 189498853, -32395328, -49955913,
            154042178, -346113480, 148348366, -396488327, -427431396, 107119491, -500798201, 212184347, 305888811, -330297730, -91422864,
            6707636, 273897542, -512931067, -500150233, 485589437, -280752730, 106848032, 30953893, -291342514, -408884927, 149302919,
            -107851081, 225432558, 460497078, -452391632, -490679353, 508304210, 493208081, 336502878, 526975298, -457361038, -312310462,
            -365194252, -421357131, 362015322, 310793228, -441535439, -69145545, -528727990, 433364383
        ];

        static double[] Make()
        {
            var values = new double[Offsets.Length * Stride];
            for (int i = 0; i < Offsets.Length; i++)
            {
                // The 128ths are counted in the exponent and the first mantissa bits, so they are half as wide below 1.
                double low = BitConverter.Int64BitsToDouble(LogFirst + ((long)i << 45));
                double high = BitConverter.Int64BitsToDouble(LogFirst + ((long)(i + 1) << 45));
                double inverse = 1 / ((low + high) / 2) + Offsets[i] * (1.0 / (1L << 53));
                double grid = 1L << 43; // log c is within 2^-66 of a multiple of 1/grid, so any logarithm finds it
                (values[i * Stride], values[i * Stride + 1]) = (inverse, Math.Round(-Math.Log(inverse) * grid) / grid);
            }
            return values;
        }
    }

    /// <summary>2^(k/128), k = 0..127: the relative remainder of the double, and its bits less k/128 in the exponent.</summary>
    static class ExpTable
    {
        internal const int Stride = 2;
        internal static readonly long[] Values = Make();

        static long[] Make()
        {
            var values = new long[128 * Stride];
            for (int k = 0; k < 128; k++)
            {
                var power = DoubleDouble.Exp(DoubleDouble.Ln2 * new DoubleDouble(k / 128.0, 0));
                values[k * Stride] = BitConverter.DoubleToInt64Bits(power.Low / power.High);
                values[k * Stride + 1] = BitConverter.DoubleToInt64Bits(power.High) - ((long)k << 45);
            }
            return values;
        }
    }

    // 1/c and log c of 16 intervals, for float32 logarithms (Arm Optimized Routines, logf).
    static ReadOnlySpan<double> SingleLogTable =>
    [
        1.398907162146528, -0.33569133332882284, 1.3403141896637998, -0.2929040563774074, 1.286432210124115, -0.2518726580937369,
        1.2367150214269895, -0.21245868807117255, 1.1906977166711752, -0.17453945183745634, 1.1479821020556429, -0.1380057072319758,
        1.1082251448272158, -0.10275976698545139, 1.0711297413057381, -0.06871392447020525, 1.036437278977283, -0.0357891387398228, 1.0,
        0.0, 0.9492859795739057, 0.05204517742929496, 0.8951049428609004, 0.11081431298787942, 0.8476821620351103, 0.1652495223695143,
        0.8050314851692001, 0.21687389031699977, 0.7664671008843108, 0.2659635028121397, 0.731428603316328, 0.3127556664073557
    ];

    /// <summary>An unevaluated sum of two doubles, about 105 bits (T. J. Dekker, Numerische Mathematik 18, 1971).</summary>
    readonly record struct DoubleDouble(double High, double Low)
    {
        internal static DoubleDouble Ln2 => new(0.6931471805599453, 2.3190468138462996e-17);

        static DoubleDouble Sum(double a, double b) => new(a + b, b - (a + b - a)); // |a| >= |b|

        public static DoubleDouble operator +(DoubleDouble a, DoubleDouble b)
        {
            double s = a.High + b.High, v = s - a.High;
            double rest = a.High - (s - v) + (b.High - v) + a.Low + b.Low;
            return Sum(s, rest);
        }

        public static DoubleDouble operator *(DoubleDouble a, DoubleDouble b)
        {
            double p = a.High * b.High;
            return Sum(p, Fma(a.High, b.High, -p) + (a.High * b.Low + a.Low * b.High));
        }

        public static DoubleDouble operator /(DoubleDouble a, DoubleDouble b)
        {
            double q = a.High / b.High;
            var rest = a + b * new DoubleDouble(-q, 0);
            double r = rest.High / b.High;
            rest += b * new DoubleDouble(-r, 0);
            return Sum(q, r) + new DoubleDouble(rest.High / b.High, 0);
        }

        internal static (DoubleDouble Sin, DoubleDouble Cos) SinCos(double x)
        {
            var square = new DoubleDouble(x, 0) * new DoubleDouble(-x, 0);
            return (Series(new(x, 0), square, 1), Series(new(1, 0), square, 0));

            static DoubleDouble Series(DoubleDouble term, DoubleDouble factor, int n)
            {
                var sum = term;
                while (Math.Abs(term.High) > 1e-36)
                {
                    term = term * factor / new DoubleDouble((n + 1.0) * (n + 2.0), 0);
                    sum += term;
                    n += 2;
                }
                return sum;
            }
        }

        internal static DoubleDouble Exp(DoubleDouble x)
        {
            DoubleDouble term = new(1, 0), sum = term;
            for (int n = 1; Math.Abs(term.High) > 1e-36; n++)
            {
                term = term * x / new DoubleDouble(n, 0);
                sum += term;
            }
            return sum;
        }
    }
}
