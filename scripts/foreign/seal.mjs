// Encrypts, fetches keys and decrypts with the unmodified npm client
// @mysten/seal. usage: node seal.mjs <config.json>; see sealConfig in
// seal_test.go. Prints one JSON object; any difference is an exception and
// exit code 1.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DemType, EncryptedObject, SealClient, SessionKey } from '@mysten/seal';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { PasskeyKeypair } from '@mysten/sui/keypairs/passkey';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1';
import { MultiSigPublicKey } from '@mysten/sui/multisig';
import { Transaction } from '@mysten/sui/transactions';
import { fromBase64, fromHex, SUI_CLOCK_OBJECT_ID, toBase64 } from '@mysten/sui/utils';
import { scriptedChain } from './chain.mjs';

const cfg = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const suiClient = cfg.node ? new SuiGrpcClient({ network: 'localnet', baseUrl: cfg.node }) : scriptedChain(cfg.servers);
const plaintext = fromBase64(cfg.plaintext);
const aad = new TextEncoder().encode('public');

function newClient() {
	return new SealClient({
		suiClient,
		serverConfigs: cfg.servers.map((s) => ({ objectId: s.objectId, weight: 1 })),
		verifyKeyServers: true,
	});
}

// approve builds the policy call, as an application does.
async function approve(id) {
	const tx = new Transaction();
	tx.moveCall({
		target: `${cfg.packageId}::${cfg.module}::seal_approve`,
		arguments: [
			tx.pure.vector('u8', fromHex(id)),
			...cfg.shared.map((s) => tx.sharedObjectRef({ objectId: s.id, initialSharedVersion: s.version, mutable: false })),
			...cfg.objects.map((o) => tx.object(o)),
			...(cfg.clock ? [tx.object(SUI_CLOCK_OBJECT_ID)] : []),
		],
	});
	return tx.build({ client: suiClient, onlyTransactionKind: true });
}

async function session(signer) {
	const address = signer.toSuiAddress();
	const key = await SessionKey.create({ address, packageId: cfg.packageId, ttlMin: 10, suiClient });
	const { signature } = await signer.signPersonalMessage(key.getPersonalMessage());
	await key.setPersonalMessageSignature(signature);
	return key;
}

const client = newClient();
const encrypted = {};
for (const [name, demType] of Object.entries({ aes: DemType.AesGcm256, hmac: DemType.Hmac256Ctr })) {
	const { encryptedObject } = await client.encrypt({
		demType, threshold: cfg.threshold, packageId: cfg.packageId, id: cfg.id, data: plaintext, aad,
	});
	encrypted[name] = encryptedObject;
}

// The reader fetches keys and opens its own objects and those of Go.
const reader = await session(Ed25519Keypair.fromSecretKey(fromHex(cfg.reader)));
const txBytes = await approve(cfg.id);
for (const data of [...Object.values(encrypted), ...cfg.fromGo.map(fromBase64)]) {
	const fresh = newClient(); // nothing cached: the servers are asked each time
	const got = await fresh.decrypt({ data, sessionKey: reader, txBytes, checkShareConsistency: true });
	assert.deepEqual(Buffer.from(got), Buffer.from(plaintext));
	assert.deepEqual(Buffer.from(EncryptedObject.serialize(EncryptedObject.parse(data)).toBytes()), Buffer.from(data));
}
const derived = await newClient().getDerivedKeys({ id: cfg.id, txBytes, sessionKey: reader, threshold: cfg.threshold });

// Wallets of every other kind that is verified without a network.
const r1 = Secp256r1Keypair.fromSecretKey(new Uint8Array(32).fill(41));
const passkey = new PasskeyKeypair(r1.getPublicKey().toRawBytes(), { get: async (challenge) => authenticate(challenge, 41) });
const members = [Ed25519Keypair.fromSecretKey(fromHex(cfg.reader)), new Secp256k1Keypair(), passkey];
const multi = MultiSigPublicKey.fromPublicKeys({
	threshold: 3, publicKeys: members.map((m, i) => ({ publicKey: m.getPublicKey(), weight: i + 1 })),
});
const wallets = { secp256k1: new Secp256k1Keypair(), secp256r1: r1, passkey, multisig: multi.getSigner(members[0], members[1]), multisigPasskey: multi.getSigner(passkey) };
const opened = [];
for (const [name, signer] of Object.entries(cfg.wallets ? wallets : {})) {
	const got = await newClient().decrypt({ data: encrypted.aes, sessionKey: await session(signer), txBytes });
	assert.deepEqual(Buffer.from(got), Buffer.from(plaintext));
	opened.push(name);
}

// authenticate plays a passkey with a P-256 key of one repeated byte.
function authenticate(challenge, fill) {
	const der = Buffer.concat([fromHex('30310201010420'), Buffer.alloc(32, fill), fromHex('a00a06082a8648ce3d030107')]);
	const sha256 = (b) => createHash('sha256').update(b).digest();
	const clientDataJSON = Buffer.from(JSON.stringify({
		type: 'webauthn.get', challenge: Buffer.from(challenge).toString('base64url'), origin: 'https://floe.example',
	}));
	const authenticatorData = Buffer.concat([sha256('floe.example'), Buffer.from([0x1d, 0, 0, 0, 0])]);
	const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientDataJSON)]), createPrivateKey({ key: der, format: 'der', type: 'sec1' }));
	return { response: { authenticatorData, clientDataJSON, signature } };
}

// A stranger is refused.
let refusal;
try {
	await newClient().decrypt({ data: encrypted.aes, sessionKey: await session(Ed25519Keypair.fromSecretKey(fromHex(cfg.stranger))), txBytes });
	assert.fail('the stranger can read');
} catch (error) {
	if (error instanceof assert.AssertionError) throw error;
	refusal = { name: error.constructor.name, message: error.message, status: error.status ?? null };
}

console.log(JSON.stringify({
	aes: toBase64(encrypted.aes),
	hmac: toBase64(encrypted.hmac),
	derived: Object.fromEntries([...derived].map(([id, key]) => [id, key.toString()])),
	opened,
	refusal,
}));
