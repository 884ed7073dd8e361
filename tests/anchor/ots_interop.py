#!/usr/bin/python3
"""What python-opentimestamps, the reference implementation, makes of OpenTimestamps proofs.

  ots_interop.py read FILE...          reads each, and prints what it attests
  ots_interop.py write DIR SEED COUNT  writes COUNT random proofs, and prints what they attest
  ots_interop.py chain FILE OPS        writes a proof of OPS operations in a row
  ots_interop.py merge OUT FILE...     joins proofs of one digest
  ots_interop.py submit URL DIGEST     sends a digest to a calendar, and prints its answer
  ots_interop.py upgrade URL MESSAGE   asks a calendar about a message, and prints its answer

A proof is printed as one line an attestation: file name, kind, what it says, the message in hex or
`?` below a keccak256, which cairn does not compute. `read` ends each with a line that says whether
it was written back byte for byte, or with the reason why it was not read.
"""

import os
import random
import sys
import warnings

from opentimestamps.calendar import CommitmentNotFoundError, RemoteCalendar
from opentimestamps.core.dubious.notary import EthereumBlockHeaderAttestation
from opentimestamps.core.notary import (BitcoinBlockHeaderAttestation,
                                        LitecoinBlockHeaderAttestation, PendingAttestation,
                                        UnknownAttestation)
from opentimestamps.core.op import (MsgValueError, OpAppend, OpHexlify, OpKECCAK256, OpPrepend,
                                    OpReverse, OpRIPEMD160, OpSHA1, OpSHA256)
from opentimestamps.core.serialize import (BytesDeserializationContext, BytesSerializationContext,
                                           DeserializationError)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

HEIGHT_KINDS = {
    BitcoinBlockHeaderAttestation: "bitcoin",
    LitecoinBlockHeaderAttestation: "litecoin",
    EthereumBlockHeaderAttestation: "ethereum",
}


def describe(attestation):
    if isinstance(attestation, PendingAttestation):
        return "pending " + attestation.uri
    if isinstance(attestation, UnknownAttestation):
        return "unknown %s:%s" % (attestation.TAG.hex(), attestation.payload.hex())
    return "%s %d" % (HEIGHT_KINDS[type(attestation)], attestation.height)


def show(name, timestamp, known=True):
    for attestation in timestamp.attestations:
        print(name, describe(attestation), timestamp.msg.hex() if known else "?")
    for op, below in timestamp.ops.items():
        show(name, below, known and not isinstance(op, OpKECCAK256))


def to_bytes(thing):
    context = BytesSerializationContext()
    thing.serialize(context)
    return context.getbytes()


def load(path):
    with open(path, "rb") as f:
        return DetachedTimestampFile.deserialize(BytesDeserializationContext(f.read()))


def store(path, digest_op, timestamp):
    with open(path, "wb") as f:
        f.write(to_bytes(DetachedTimestampFile(digest_op, timestamp)))


def read(paths):
    for path in paths:
        name = os.path.basename(path)
        try:
            detached = load(path)
        except DeserializationError as error:
            print(name, "refused", type(error).__name__)
            continue
        show(name, detached.timestamp)
        with open(path, "rb") as f:
            print(name, "identical" if to_bytes(detached) == f.read() else "different")


def random_attestation(chance):
    kind = chance.randrange(5)
    if kind == 0:
        # Lengths on both sides of each other's order.
        return PendingAttestation("https://%s.example/%s" % (
            chance.choice("abc"), "x" * chance.choice([0, 1, 200, 900])))
    if kind == 4:
        return UnknownAttestation(chance.randbytes(8), chance.randbytes(chance.choice([0, 1, 300])))
    return list(HEIGHT_KINDS)[kind - 1](chance.getrandbits(chance.choice([1, 7, 8, 14, 20, 63])))


def random_op(chance):
    kind = chance.randrange(8)
    if kind < 2:
        made = (OpAppend, OpPrepend)[kind]
        return made(chance.randbytes(chance.choice([1, 2, 32, 200, 4000])))
    return (OpSHA1, OpRIPEMD160, OpSHA256, OpKECCAK256, OpReverse, OpHexlify)[kind - 2]()


def grow(chance, timestamp, depth):
    for _ in range(chance.choice([0, 0, 1, 3])):
        timestamp.attestations.add(random_attestation(chance))
    for _ in range(chance.choice([0, 1, 1, 2, 4]) if depth else 0):
        try:
            below = timestamp.ops.add(random_op(chance))
        except MsgValueError:
            continue  # Too long a result.
        grow(chance, below, depth - 1)
    if not timestamp.attestations and not timestamp.ops:
        timestamp.attestations.add(random_attestation(chance))


def write(directory, seed, count):
    chance = random.Random(seed)
    for number in range(count):
        digest_op = chance.choice([OpSHA1, OpRIPEMD160, OpSHA256])()
        timestamp = Timestamp(chance.randbytes(digest_op.DIGEST_LENGTH))
        grow(chance, timestamp, chance.choice([1, 4, 8]))
        name = "%04d.ots" % number
        store(os.path.join(directory, name), digest_op, timestamp)
        show(name, timestamp)


def chain(path, ops):
    timestamp = Timestamp(bytes(32))
    last = timestamp
    for _ in range(ops):
        last = last.ops.add(OpSHA256())
    last.attestations.add(BitcoinBlockHeaderAttestation(1))
    store(path, OpSHA256(), timestamp)


def merge(out, paths):
    files = [load(path) for path in paths]
    for other in files[1:]:
        files[0].timestamp.merge(other.timestamp)
    store(out, files[0].file_hash_op, files[0].timestamp)


def main(command, *args):
    warnings.simplefilter("ignore")  # That `reverse` may go away.
    os.environ["no_proxy"] = "*"
    if command == "read":
        read(args)
    elif command == "write":
        write(args[0], int(args[1]), int(args[2]))
    elif command == "chain":
        chain(args[0], int(args[1]))
    elif command == "merge":
        merge(args[0], args[1:])
    elif command == "submit":
        show("answer", RemoteCalendar(args[0] + "/").submit(bytes.fromhex(args[1])))
    elif command == "upgrade":
        try:
            show("answer", RemoteCalendar(args[0] + "/").get_timestamp(bytes.fromhex(args[1])))
        except CommitmentNotFoundError as error:
            print("not found:", error.reason)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
