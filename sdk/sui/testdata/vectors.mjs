// Writes vectors.json: values computed by npm @mysten/sui, for the Go tests of
// this package. Run it where that package is installed:
//   cd scripts/npm && node ../../sdk/sui/testdata/vectors.mjs > ../../sdk/sui/testdata/vectors.json
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const require = createRequire(pathToFileURL(process.cwd() + '/'));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { bcs, TypeTagSerializer } = await load('@mysten/sui/bcs');
const { Ed25519Keypair } = await load('@mysten/sui/keypairs/ed25519');
const { Secp256k1Keypair } = await load('@mysten/sui/keypairs/secp256k1');
const { Secp256r1Keypair } = await load('@mysten/sui/keypairs/secp256r1');
const { Transaction, TransactionDataBuilder } = await load('@mysten/sui/transactions');
const utils = await load('@mysten/sui/utils');

const hex = (b) => Buffer.from(b).toString('hex');
const b64 = (b) => Buffer.from(b).toString('base64');
const addr = (n) => '0x' + n.toString(16).padStart(64, '0');
const digest = (n) => utils.toBase58(new Uint8Array(32).fill(n));
const ref = (n) => ({ objectId: addr(n), version: String(n + 100), digest: digest(n) });

const types = [
  'bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address', 'signer', 'vector<u8>', 'vector<vector<u256>>',
  '0x2::sui::SUI', '0x2::coin::Coin<0x2::sui::SUI>',
  '0x2::table::Table<address,vector<0x1::option::Option<u64>>>',
  '0xabc::m::Pair<u8,0x2::vec_map::VecMap<0x1::string::String,bool>>',
].map((text) => {
  const tag = TypeTagSerializer.parseFromStr(text, true);
  return { text, normalized: TypeTagSerializer.tagToString(tag), bcs: hex(bcs.TypeTag.serialize(tag).toBytes()) };
});

const fields = [
  [addr(7), 'u64', bcs.u64().serialize(5).toBytes()],
  [addr(0xbeef), 'address', bcs.Address.serialize(addr(9)).toBytes()],
  [addr(0xbeef), '0x1::string::String', bcs.string().serialize('key').toBytes()],
  [addr(0xbeef), 'vector<u8>', bcs.byteVector().serialize([1, 2, 3]).toBytes()],
].map(([parent, type, key]) => ({
  parent, type, key: hex(key),
  field: utils.deriveDynamicFieldID(parent, type, key),
  derived: utils.deriveObjectID(parent, type, key),
}));

const aliases = utils.deriveObjectID('0xa', '0x2::address_alias::AliasKey', bcs.Address.serialize(addr(9)).toBytes());

const message = new TextEncoder().encode('Accessing keys of package 0x2');
const txBytes = Buffer.from(readFileSync(new URL('./transaction-pyth.base64', import.meta.url), 'utf8').trim(), 'base64');
const keys = [];
for (const [scheme, Pair] of [['ED25519', Ed25519Keypair], ['Secp256k1', Secp256k1Keypair], ['Secp256r1', Secp256r1Keypair]]) {
  for (const fill of [1, 42, 127]) {
    const secret = new Uint8Array(32).fill(fill);
    const pair = Pair.fromSecretKey(secret);
    keys.push({
      scheme, secret: hex(secret), exported: pair.getSecretKey(), address: pair.toSuiAddress(),
      public: hex(pair.getPublicKey().toRawBytes()),
      transaction: (await pair.signTransaction(txBytes)).signature,
      message: (await pair.signPersonalMessage(message)).signature,
    });
  }
}

// Wallets of several keys, and passkeys, whose authenticator is played here.
const { MultiSigPublicKey } = await load('@mysten/sui/multisig');
const { PasskeyKeypair } = await load('@mysten/sui/keypairs/passkey');
const { createHash, createPrivateKey, sign: ecSign } = await import('node:crypto');
const passkeyOf = (fill) => {
  const r1 = Secp256r1Keypair.fromSecretKey(new Uint8Array(32).fill(fill));
  const der = Buffer.concat([Buffer.from('30310201010420', 'hex'), Buffer.alloc(32, fill), Buffer.from('a00a06082a8648ce3d030107', 'hex')]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'sec1' });
  return new PasskeyKeypair(r1.getPublicKey().toRawBytes(), {
    get: async (challenge) => {
      const clientDataJSON = Buffer.from(JSON.stringify({ type: 'webauthn.get', challenge: Buffer.from(challenge).toString('base64url'),
        origin: 'https://floe.example', crossOrigin: false }));
      const authenticatorData = Buffer.concat([createHash('sha256').update('floe.example').digest(), Buffer.from([0x1d, 0, 0, 0, 0])]);
      const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()]);
      return { response: { authenticatorData, clientDataJSON, signature: ecSign('sha256', signed, secret) } };
    },
  });
};
const members = [Ed25519Keypair, Secp256k1Keypair, Secp256r1Keypair].map((Pair, i) => Pair.fromSecretKey(new Uint8Array(32).fill(i + 11)));
members.push(passkeyOf(14));
const multi = MultiSigPublicKey.fromPublicKeys({ threshold: 4, publicKeys: members.map((m, i) => ({ publicKey: m.getPublicKey(), weight: i + 1 })) });
const wallets = [];
for (const [name, who] of [['weights 1 and 3', [0, 2]], ['weights 2 and 4, one a passkey', [1, 3]], ['all', [0, 1, 2, 3]], ['too little weight', [0, 1]]]) {
  const by = async (f) => multi.combinePartialSignatures(await Promise.all(who.map(async (i) => (await f(members[i])).signature)));
  wallets.push({ name, valid: name != 'too little weight', address: multi.toSuiAddress(),
    transaction: await by((m) => m.signTransaction(txBytes)), message: await by((m) => m.signPersonalMessage(message)) });
}
for (const fill of [21, 22]) {
  const p = passkeyOf(fill);
  wallets.push({ name: `passkey ${fill}`, valid: true, address: p.toSuiAddress(),
    transaction: (await p.signTransaction(txBytes)).signature, message: (await p.signPersonalMessage(message)).signature });
}

// A programmable transaction with each command and each kind of input.
const tx = new Transaction();
tx.setSender(addr(1));
tx.setGasOwner(addr(2));
tx.setGasPrice(1000);
tx.setGasBudget(5000000);
tx.setGasPayment([ref(3), ref(4)]);
const owned = tx.objectRef(ref(5));
const shared = tx.sharedObjectRef({ objectId: addr(6), initialSharedVersion: 17, mutable: true });
const clock = tx.sharedObjectRef({ objectId: addr(6 + 0x100), initialSharedVersion: 1, mutable: false });
const received = tx.receivingRef(ref(8));
const coins = tx.splitCoins(tx.gas, [tx.pure.u64(10), tx.pure.u64(20)]);
tx.mergeCoins(coins[0], [coins[1]]);
tx.moveCall({ target: addr(9) + '::pool::deposit', typeArguments: ['u64', '0x2::coin::Coin<0x2::sui::SUI>'],
  arguments: [shared, owned, received, clock, tx.pure.string('héllo'), tx.pure.vector('u16', [1, 2, 300]),
    tx.pure.option('address', addr(1)), tx.pure.option('u64', null), tx.pure.bool(true), tx.pure.u8(255)] });
tx.makeMoveVec({ type: '0x2::sui::SUI', elements: [coins[0]] });
tx.makeMoveVec({ elements: [coins[0]] });
const cap = tx.publish({ modules: [[1, 2, 3], [4]], dependencies: ['0x1', '0x2'] });
tx.upgrade({ modules: [[9]], dependencies: ['0x2'], package: addr(10), ticket: cap });
tx.transferObjects([coins[0], cap], addr(11));
const built = await tx.build();

const expirations = [
  { $kind: 'None', None: true },
  { $kind: 'Epoch', Epoch: 77 },
  { $kind: 'ValidDuring', ValidDuring: { minEpoch: '1', maxEpoch: '2', minTimestamp: null, maxTimestamp: '9', chain: digest(1), nonce: 7 } },
  { $kind: 'Validity', Validity: { minEpoch: null, maxEpoch: '2', minTimestamp: '5', maxTimestamp: null, chain: digest(1), nonce: 7,
    allowedProposers: { epoch: '3', proposers: [1, 4] } } },
].map((x) => hex(bcs.TransactionExpiration ? bcs.TransactionExpiration.serialize(x).toBytes()
  : bcs.TransactionData.serialize({ ...bcs.TransactionData.parse(built), V1: { ...bcs.TransactionData.parse(built).V1, expiration: x } }).toBytes()));

const owners = [
  { AddressOwner: addr(1) }, { ObjectOwner: addr(2) }, { Shared: { initialSharedVersion: 3 } }, { Immutable: true },
  { ConsensusAddressOwner: { startVersion: 4, owner: addr(5) } },
];
const gas = [0xaa, 1, 2, 3].concat(new Array(28).fill(0), [16, 39, 0, 0, 0, 0, 0, 0]);
const objectOf = (type, contents, owner, n) => ({
  data: { Move: { type, hasPublicTransfer: n % 2 == 0, version: String(n), contents } },
  owner, previousTransaction: digest(n), storageRebate: String(n * 1000),
});
const objects = [
  objectOf({ GasCoin: true }, gas, owners[0], 1),
  objectOf({ Coin: '0x5::usdc::USDC' }, gas, owners[1], 2),
  objectOf({ StakedSui: true }, gas, owners[2], 3),
  objectOf({ Other: { address: '0x77', module: 'm', name: 'Thing', typeParams: [{ u64: true }] } }, gas, owners[4], 4),
  { data: { Package: { id: addr(0x55), version: '3',
      moduleMap: new Map([['zed', [1, 2]], ['alpha', [3]], ['beta_long', []]]),
      typeOriginTable: [{ moduleName: 'zed', datatypeName: 'T', package: addr(0x50) }],
      linkageTable: new Map([[addr(2), { upgradedId: addr(2), upgradedVersion: '7' }], [addr(1), { upgradedId: addr(1), upgradedVersion: '6' }]]) } },
    owner: owners[3], previousTransaction: digest(5), storageRebate: '0' },
].map((x) => hex(bcs.Object ? bcs.Object.serialize(x).toBytes() : bcs.ObjectInner.serialize(x).toBytes()));

const fail = (error, command = '2') => ({ $kind: 'Failure', Failure: { error, command } });
const loc = (functionName) => ({ module: { address: addr(9), name: 'pool' }, function: 3, instruction: 12, functionName });
const effects = bcs.TransactionEffects.parse(
  Buffer.from(readFileSync(new URL('./effects-v2.base64', import.meta.url), 'utf8').trim(), 'base64'));
const statuses = [
  { InsufficientGas: true }, { MoveObjectTooBig: { objectSize: '5', maxObjectSize: '4' } }, { CircularObjectOwnership: { object: addr(4) } },
  { MovePrimitiveRuntimeError: null }, { MovePrimitiveRuntimeError: loc('deposit') }, { MoveAbort: [loc('deposit'), '42'] },
  { MoveAbort: [loc(null), '18446744073709551615'] }, { CommandArgumentError: { argIdx: 1, kind: { TypeMismatch: true } } },
  { CommandArgumentError: { argIdx: 1, kind: { IndexOutOfBounds: { idx: 9 } } } },
  { CommandArgumentError: { argIdx: 1, kind: { SecondaryIndexOutOfBounds: { resultIdx: 2, secondaryIdx: 3 } } } },
  { TypeArgumentError: { argumentIdx: 1, kind: { ConstraintNotSatisfied: true } } },
  { UnusedValueWithoutDrop: { resultIdx: 1, secondaryIdx: 2 } }, { InvalidPublicFunctionReturnType: { idx: 3 } },
  { PackageUpgradeError: { upgradeError: { DigestDoesNotMatch: { digest: [1, 2, 3] } } } },
  { PackageUpgradeError: { upgradeError: { PackageIDDoesNotMatch: { packageId: addr(1), ticketId: addr(2) } } } },
  { PackageUpgradeError: { upgradeError: { UnknownUpgradePolicy: { policy: 9 } } } },
  { ExecutionCancelledDueToSharedObjectCongestion: { congested_objects: [addr(1), addr(2)] } },
  { AddressDeniedForCoin: { address: addr(1), coinType: 'x' } }, { InvalidLinkage: true }, { NonExclusiveWriteInputObjectModified: { id: addr(3) } },
].map((error) => hex(bcs.TransactionEffects.serialize({ V2: { ...effects.V2, status: fail(error) } }).toBytes()));

console.log(JSON.stringify({
  origin: 'npm @mysten/sui 2.33.1, written by vectors.mjs',
  types, fields, aliases, keys, wallets, message: hex(message), owners: owners.map((o) => hex(bcs.Owner.serialize(o).toBytes())),
  transaction: hex(built), transactionDigest: TransactionDataBuilder.getDigestFromBytes(built),
  pythDigest: TransactionDataBuilder.getDigestFromBytes(txBytes),
  expirations, objects, statuses,
}, null, 1));
