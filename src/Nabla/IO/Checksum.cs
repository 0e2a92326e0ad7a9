using System.Buffers.Binary;
using System.Numerics;

namespace Nabla.IO;

/// <summary>Cyclic redundancy checks: CRC-32 as zip files have it, and CRC-32C, which processors compute by themselves.</summary>
internal static class Checksum
{
    // Slicing by 8 (Kounavis and Berry, 2005): table k holds the effect of a byte that k zero bytes follow.
    private static readonly uint[][] Tables = MakeTables();

    private static uint[][] MakeTables()
    {
        uint[][] tables = new uint[8][];
        for (int k = 0; k < 8; k++)
        {
            tables[k] = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                uint c = k == 0 ? i : tables[k - 1][i];
                if (k == 0) for (int bit = 0; bit < 8; bit++) c = (c >> 1) ^ ((c & 1) * 0xEDB88320);
                else c = tables[0][c & 255] ^ (c >> 8);
                tables[k][i] = c;
            }
        }
        return tables;
    }

    /// <summary>CRC-32 of what came before, of which <paramref name="crc"/> is the CRC-32, and these bytes.</summary>
    internal static uint Crc32(ReadOnlySpan<byte> bytes, uint crc = 0)
    {
        uint[] t0 = Tables[0], t1 = Tables[1], t2 = Tables[2], t3 = Tables[3];
        uint[] t4 = Tables[4], t5 = Tables[5], t6 = Tables[6], t7 = Tables[7];
        crc = ~crc;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc, high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = t7[low & 255] ^ t6[(low >> 8) & 255] ^ t5[(low >> 16) & 255] ^ t4[low >> 24]
                ^ t3[high & 255] ^ t2[(high >> 8) & 255] ^ t1[(high >> 16) & 255] ^ t0[high >> 24];
        }
        foreach (byte b in bytes) crc = t0[(crc ^ b) & 255] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>CRC-32C of what came before and these bytes.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes, uint crc = 0)
    {
        crc = ~crc;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
