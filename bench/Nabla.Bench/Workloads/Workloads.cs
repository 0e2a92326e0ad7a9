using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Bench;

/// <summary>What is compared with TorchSharp: the same work under the same names, written as a user of Nabla writes it.</summary>
internal static class Workloads
{
    private const long M4 = 4_000_000;

    internal static void Run(Runner run)
    {
        Small(run);
        Products(run);
        ElementWise(run);
        Training(run);
    }

    /// <summary>The cost of one small operation and of its gradient.</summary>
    private static void Small(Runner run)
    {
        run.Add("add_1_element_x1000", default, () =>
        {
            Tensor x = Tensor.Randn([1], requiresGrad: true), y = Tensor.Randn([1]);
            return () => { for (int i = 0; i < 1000; i++) _ = x + y; };
        });
        run.Add("notebook_scalar_x100", default, () =>
        {
            Tensor x = Tensor.Of(3f, requiresGrad: true);
            return () => { for (int i = 0; i < 100; i++) (2 * x.Pow(2) + 3).Backward(); };
        });
        run.Add("chain_of_1000_muls_fwd_bwd", default, () =>
        {
            Tensor x = Tensor.Of(3f, requiresGrad: true);
            return () =>
            {
                Tensor y = x;
                for (int i = 0; i < 1000; i++) y = y * 1.0001f;
                y.Backward();
            };
        });
        run.Add("notebook_linear_regression_100_epochs", default, () => Regression);
    }

    private static void Regression()
    {
        Tensor x = Tensor.Of([1f, 2f, 3f, 4f]).Reshape([4, 1]), y = Tensor.Of([3f, 5f, 7f, 9f]).Reshape([4, 1]);
        Tensor w = Tensor.Zeros([1, 1], requiresGrad: true), b = Tensor.Zeros([1, 1], requiresGrad: true);
        for (int epoch = 0; epoch < 100; epoch++)
        {
            Tensor loss = (x.Mm(w) + b - y).Pow(2).Mean();
            loss.Backward();
            using (Autograd.NoGrad())
            {
                w.Sub_(0.1f * w.Grad!);
                b.Sub_(0.1f * b.Grad!);
            }
            w.Grad!.Zero_();
            b.Grad!.Zero_();
        }
    }

    private static void Products(Runner run)
    {
        foreach (long n in (long[])[64, 256, 512, 1024, 2048])
            run.Add($"matmul_{n}", new(2.0 * n * n * n),
                () => Binary(Tensor.Randn([n, n]), Tensor.Randn([n, n]), static (a, b) => a.Mm(b)));
        run.Add("matmul_1024_fwd_bwd", new(3 * 2.0 * 1024 * 1024 * 1024), () =>
        {
            Tensor a = Tensor.Randn([1024, 1024], requiresGrad: true), b = Tensor.Randn([1024, 1024], requiresGrad: true);
            return () =>
            {
                a.Mm(b).Sum().Backward();
                a.Grad = b.Grad = null;
            };
        });
        run.Add("matmul_2000x3_by_3x2000", new(6 * 2000.0 * 2000, 4 * 2000.0 * 2000),
            () => Binary(Tensor.Randn([2000, 3]), Tensor.Randn([3, 2000]), static (a, b) => a.Mm(b)));
        run.Add("matvec_4096", new(0, 4 * 4096.0 * 4096), () => Binary(Tensor.Randn([4096, 4096]), Tensor.Randn([4096]),
            static (a, b) => a.Mv(b)));
        run.Add("bmm_48x64x32x64", new(2.0 * 48 * 64 * 32 * 64), () => Binary(Tensor.Randn([48, 64, 32]), Tensor.Randn([48, 32, 64]),
            static (a, b) => a.Bmm(b)));
        run.Add("matmul_512_float64", new(2 * 2.0 * 512 * 512 * 512), () => Binary(Tensor.Randn([512, 512], DType.Float64),
            Tensor.Randn([512, 512], DType.Float64), static (a, b) => a.Mm(b)));
    }

    /// <summary>Element-wise operations and reductions over 4M float32.</summary>
    private static void ElementWise(Runner run)
    {
        const double Array = 4.0 * M4;
        run.Add("add_4M", new(0, 3 * Array), () => Binary(Tensor.Randn([M4]), Tensor.Randn([M4]), static (a, b) => a + b));
        run.Add("mul_add_4M", new(0, 4 * Array), () =>
        {
            Tensor a = Tensor.Randn([M4]), b = Tensor.Randn([M4]), c = Tensor.Randn([M4]);
            return () => _ = a * b + c;
        });
        run.Add("add_row_4000x1000", new(0, 2 * Array), () => Binary(Tensor.Randn([4000, 1000]), Tensor.Randn([1000]),
            static (a, b) => a + b));
        run.Add("add_column_4000x1000", new(0, 2 * Array), () => Binary(Tensor.Randn([4000, 1000]), Tensor.Randn([4000, 1]),
            static (a, b) => a + b));
        Map("exp_4M", 2, static a => a.Exp());
        Map("tanh_4M", 2, static a => a.Tanh());
        Map("sigmoid_4M", 2, static a => a.Sigmoid());
        Map("gelu_4M", 2, static a => Functional.Gelu(a));
        Map("relu_4M", 2, static a => a.Relu());
        Map("sum_4M", 1, static a => a.Sum());
        Map("sum_dim0_4000x1000", 1, static a => a.View([4000, 1000]).Sum(0));
        Map("sum_dim1_4000x1000", 1, static a => a.View([4000, 1000]).Sum(1));
        Map("argmax_dim1_4000x1000", 1, static a => a.View([4000, 1000]).ArgMax(1));
        Map("softmax_4000x1000", 2, static a => a.View([4000, 1000]).Softmax(1));
        Map("layer_norm_4000x1000", 2, static a => Functional.LayerNorm(a.View([4000, 1000]), [1000]));
        Map("transpose_copy_2000x2000", 2, static a => a.View([2000, 2000]).TransposeMatrix().Contiguous());
        Map("cumsum_dim1_4000x1000", 2, static a => a.View([4000, 1000]).CumSum(1));
        Map("sort_dim1_400x10000", 0, static a => a.View([400, 10000]).Sort(1).Values);
        run.Add("randn_4M", new(0, Array), () => () => Tensor.Randn([M4]));
        run.Add("gelu_of_mul_add_4M_fwd_bwd", new(0, 8 * Array), () =>
        {
            Tensor a = Tensor.Randn([M4]).RequiresGrad_(), b = Tensor.Randn([M4]), c = Tensor.Randn([M4]);
            return () =>
            {
                Functional.Gelu(a * b + c).Sum().Backward();
                a.Grad = null;
            };
        });
        run.Add("embedding_50000x128_4096_fwd_bwd", new(0, 4.0 * 50000 * 128), () =>
        {
            Embedding e = new(50000, 128);
            Tensor i = Tensor.RandInt(0, 50000, [4096]);
            return () =>
            {
                e.Call(i).Sum().Backward();
                e.Weight.Grad = null;
            };
        });

        void Map(string name, int arrays, Func<Tensor, Tensor> f) => run.Add(name, new(0, arrays * Array), () =>
        {
            Tensor a = Tensor.Randn([M4]);
            return () => f(a);
        });
    }

    /// <summary>One training step of a model.</summary>
    private static void Training(Runner run)
    {
        Train("train_tiny_mlp_2_16_16_3_b32_adam", default, () =>
        {
            Sequential m = new(new Linear(2, 16), new ReLU(), new Linear(16, 16), new ReLU(), new Linear(16, 3));
            return (m, Tensor.Randn([32, 2]), Tensor.RandInt(0, 3, [32]), new Adam(m.Parameters(), 1e-3));
        });
        Train("train_mlp_784_512_512_10_b128_adam", new(6.0 * 128 * (784 * 512 + 512 * 512 + 5120) - 2.0 * 128 * 784 * 512), () =>
        {
            Sequential m = new(new Linear(784, 512), new ReLU(), new Linear(512, 512), new ReLU(), new Linear(512, 10));
            return (m, Tensor.Randn([128, 784]), Tensor.RandInt(0, 10, [128]), new Adam(m.Parameters(), 1e-3));
        });
        Train("train_cnn_3x32x32_b32_sgd", new(2.0 * 32 * (2 * 27 * 32 * 1024 + 3 * 288 * 64 * 256 + 3 * 4096 * 128)), () =>
        {
            Sequential m = new(new Conv2d(3, 32, 3, padding: 1), new ReLU(), new MaxPool2d(2), new Conv2d(32, 64, 3, padding: 1),
                new BatchNorm2d(64), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(64 * 8 * 8, 128), new ReLU(),
                new Linear(128, 10));
            return (m, Tensor.Randn([32, 3, 32, 32]), Tensor.RandInt(0, 10, [32]), new SGD(m.Parameters(), 1e-2, momentum: 0.9));
        });
        Train("train_char_lstm_e128_h256_b32_t64_adamw", new(6.0 * 2048 * (128 + 256) * 1024 + 6.0 * 2048 * 256 * 65), () =>
        {
            CharLstm m = new(65, 128, 256);
            return (m, Tensor.RandInt(0, 65, [32, 64]), Tensor.RandInt(0, 65, [32 * 64]), new AdamW(m.Parameters(), 1e-3));
        });
        TrainGpt("train_gpt_L4_H4_C128_T64_b12_adamw", 4, 4, 128, 64, 12);
        TrainGpt("train_gpt_L6_H6_C384_T256_b4_adamw", 6, 6, 384, 256, 4);
        run.Add("adamw_step_10M_parameters", new(0, 7 * 4e7), () =>
        {
            Tensor p = Tensor.Randn([10_000_000]).RequiresGrad_();
            p.Grad = Tensor.Randn([10_000_000]);
            AdamW optimizer = new([p], 1e-3);
            return () => optimizer.Step();
        });

        void TrainGpt(string name, int layers, int heads, int width, int context, int batch)
        {
            double weights = 12.0 * layers * width * width + width * 65.0, scores = 4.0 * layers * context * width / 2;
            Train(name, new(3 * batch * context * (2 * weights + scores)), () =>
            {
                Gpt m = new(65, width, layers, heads, context);
                Tensor x = Tensor.RandInt(0, 65, [batch, context]), y = Tensor.RandInt(0, 65, [batch * context]);
                return (m, x, y, new AdamW(m.Parameters(), 1e-3));
            });
        }

        void Train(string name, Need need, Func<(Module<Tensor, Tensor> Model, Tensor X, Tensor Y, Optimizer Optimizer)> setup) =>
            run.Add(name, need, () =>
            {
                (Module<Tensor, Tensor> model, Tensor x, Tensor y, Optimizer optimizer) = setup();
                return () =>
                {
                    optimizer.ZeroGrad();
                    Tensor logits = model.Call(x);
                    Functional.CrossEntropy(logits.Reshape([-1, logits.Size(-1)]), y).Backward();
                    optimizer.Step();
                };
            });
    }

    private static Action Binary(Tensor a, Tensor b, Func<Tensor, Tensor, Tensor> f) => () => f(a, b);
}
