using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Tests.Data;
using Nabla.Training;

namespace Nabla.Tests.Training;

public sealed class CheckpointFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-folder-").FullName;
    private readonly OwnDefault random = new(12);

    public void Dispose()
    {
        random.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static TrainingCheckpoint Run()
    {
        Linear model = new(2, 1);
        return new(model, new SGD(model.Parameters(), lr: 0.1));
    }

    private IEnumerable<string> Names() => Directory.EnumerateFiles(folder).Select(static f => Path.GetFileName(f)!).Order();

    [Fact]
    public void Keeps_the_last_and_the_best()
    {
        CheckpointFolder files = new(folder, keepLast: 2, keepBest: 1);
        TrainingCheckpoint run = Run();
        Assert.Null(files.Best());
        foreach (double loss in new[] { 0.5, 0.25, double.NaN, 0.75, 1e-3, 2, 3 })
        {
            run.Step += 10;
            files.Save(run, loss);
        }
        Assert.Equal(["checkpoint-00000050_0.001.pt", "checkpoint-00000060_2.pt", "checkpoint-00000070_3.pt"], Names());
        Assert.Equal((50, 0.001), (files.Best()!.Step, files.Best()!.Metric));
        Assert.Equal(3, new CheckpointFolder(folder, keepBest: 1, higherIsBetter: true).Best()!.Metric);
        files.Save(run);
        Assert.Equal(["checkpoint-00000050_0.001.pt", "checkpoint-00000060_2.pt", "checkpoint-00000070.pt"], Names());
    }

    [Fact]
    public void Finds_the_newest_whole_checkpoint()
    {
        CheckpointFolder files = new(folder, keepLast: 5);
        TrainingCheckpoint run = Run();
        Assert.Null(files.Resume(run));
        string[] paths = new string[4];
        for (int i = 0; i < 4; i++)
        {
            run.Step = i;
            paths[i] = files.Save(run);
        }
        byte[] bytes = File.ReadAllBytes(paths[3]);
        File.WriteAllBytes(paths[3], bytes[..(bytes.Length / 2)]);
        bytes[bytes.Length / 3] ^= 4;
        File.WriteAllBytes(paths[2], bytes);

        TrainingCheckpoint next = Run();
        Assert.Equal(paths[1], files.Resume(next));
        Assert.Equal(1, next.Step);
        Assert.Equal(["checkpoint-00000000.pt", "checkpoint-00000001.pt", "checkpoint-00000002.pt.damaged",
            "checkpoint-00000003.pt.damaged"], Names());

        File.WriteAllBytes(paths[0], []);
        File.WriteAllBytes(paths[1], [1, 2, 3]);
        next.Step = 77;
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => files.Resume(next));
        Assert.StartsWith($"All checkpoints in '{folder}' are damaged", e.Message, StringComparison.Ordinal);
        Assert.Equal(77, next.Step);
    }

    [Fact]
    public void The_checkpoint_of_another_run_is_an_error()
    {
        CheckpointFolder files = new(folder);
        files.Save(Run());
        Linear model = new(3, 1);
        Assert.Throws<StateDictException>(() => files.Resume(new(model, new SGD(model.Parameters(), lr: 0.1))));
        Assert.Single(Names());
    }

    [Fact]
    public void Removes_what_killed_writers_left_and_nothing_else()
    {
        CheckpointFolder files = new(folder);
        string left = Path.Combine(folder, ".checkpoint-00000003.pt.0123456789ab.tmp");
        string held = Path.Combine(folder, ".checkpoint-00000004.pt.0123456789ab.tmp");
        File.WriteAllText(left, "half");
        File.WriteAllText(Path.Combine(folder, ".checkpoint-notes.tmp"), "mine");
        File.WriteAllText(Path.Combine(folder, "checkpoint-of-mine.pt"), "mine");
        using (FileStream living = new(held, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            Assert.Null(files.Resume(Run()));
        Assert.Equal([".checkpoint-00000004.pt.0123456789ab.tmp", ".checkpoint-notes.tmp", "checkpoint-of-mine.pt"], Names());
        files.Save(Run());
        Assert.Equal([".checkpoint-notes.tmp", "checkpoint-00000000.pt", "checkpoint-of-mine.pt"], Names());
    }

    [Fact]
    public void A_failed_save_leaves_the_others()
    {
        CheckpointFolder files = new(folder, keepLast: 1);
        TrainingCheckpoint run = Run();
        files.Save(run);
        run.Step = 1;
        AtomicFile.Step = static step =>
        {
            if (step == "sync") throw new IOException("the disk is full");
        };
        try
        {
            Assert.Throws<IOException>(() => files.Save(run));
        }
        finally
        {
            AtomicFile.Step = null;
        }
        Assert.Equal(["checkpoint-00000000.pt"], Names());
        Assert.Equal(0, files.Resume(run) is null ? -1 : run.Step);
    }

    [Fact]
    public void Refuses_bad_numbers()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CheckpointFolder(folder, keepLast: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CheckpointFolder(folder, keepBest: -1));
    }

    [Theory, InlineData("m.pt"), InlineData("m.PTH"), InlineData("m.safetensors")]
    public void Modules_save_and_load_by_extension(string name)
    {
        Linear first = new(3, 2), second = new(3, 2);
        string path = Path.Combine(folder, name);
        first.Save(path);
        second.Load(path);
        Assert.Equal(first.Weight.ToArray<float>(), second.Weight.ToArray<float>());
        Assert.Throws<StateDictException>(() => new Linear(2, 3).Load(path));
        Assert.Throws<ArgumentException>(() => first.Save(Path.Combine(folder, "m.json")));
    }

    [Fact]
    public void Optimizers_save_and_load()
    {
        Linear model = new(3, 2);
        Adam first = new(model.Parameters()), second = new(model.Parameters(), lr: 7);
        model.Call(Tensor.Ones([1, 3])).Sum().Backward();
        first.Step();
        string path = Path.Combine(folder, "adam.pt");
        first.Save(path);
        second.Load(path);
        Assert.Equal(1e-3, second.ParamGroups[0].Lr);
        Assert.Equal(2, second.State.Count);
        Assert.Throws<ArgumentException>(() => first.Save(Path.Combine(folder, "adam.safetensors")));
    }
}
