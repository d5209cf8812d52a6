/** A zstd frame that holds the bytes as they are (RFC 8878 §3.1.1): raw blocks, no checksum. */
export function zstdFrame(bytes: Uint8Array): Buffer {
  const largest = 128 * 1024;
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  const parts: Uint8Array[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000]), size];
  let at = 0;
  do {
    const block = bytes.subarray(at, at + largest);
    at += largest;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, block);
  } while (at < bytes.length);
  return Buffer.concat(parts);
}
