// The unmodified npm client @mysten/seal, asking key servers or a committee's
// aggregator. usage: node committee.mjs <config.json>, then one JSON object per
// line on stdin, each answered with one line; see committee_test.go.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SealClient, SessionKey } from '@mysten/seal';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { fromBase64, fromHex, SUI_CLOCK_OBJECT_ID, toBase64 } from '@mysten/sui/utils';

const cfg = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const suiClient = new SuiGrpcClient({ network: 'localnet', baseUrl: cfg.node });

// approve builds the policy calls, one for each identity.
async function approve(ids) {
	const tx = new Transaction();
	for (const id of ids) {
		tx.moveCall({
			target: `${cfg.packageId}::${cfg.module}::seal_approve`,
			arguments: [
				tx.pure.vector('u8', fromHex(id)),
				...cfg.shared.map((s) => tx.sharedObjectRef({ objectId: s.id, initialSharedVersion: s.version, mutable: false })),
				...cfg.objects.map((o) => tx.object(o)),
				tx.object(SUI_CLOCK_OBJECT_ID),
			],
		});
	}
	return tx.build({ client: suiClient, onlyTransactionKind: true });
}

async function session(seed, mvrName) {
	const signer = Ed25519Keypair.fromSecretKey(fromHex(seed));
	const key = await SessionKey.create({ address: signer.toSuiAddress(), packageId: cfg.packageId, ttlMin: 10, suiClient, mvrName });
	const { signature } = await signer.signPersonalMessage(key.getPersonalMessage());
	await key.setPersonalMessageSignature(signature);
	return key;
}

// answer does what one line asks for: encrypt, or decrypt as somebody. past is
// by how many minutes the clock of this machine is behind meanwhile; with
// unverified, servers need not prove first that they have their keys; mvr is a
// name that the wallet is shown for the package.
async function answer({ servers, threshold, encrypt, object, ids, as, past, unverified, mvr }) {
	const now = Date.now;
	if (past) Date.now = () => now() - past * 60_000;
	try {
		const client = new SealClient({ suiClient, serverConfigs: servers.map((s) => ({ weight: 1, ...s })), verifyKeyServers: !unverified });
		if (encrypt) {
			const { encryptedObject } = await client.encrypt({ threshold, packageId: cfg.packageId, id: cfg.id, data: fromBase64(encrypt) });
			return { object: toBase64(encryptedObject) };
		}
		const txBytes = await approve(ids ?? [cfg.id]);
		const data = await client.decrypt({ data: fromBase64(object), sessionKey: await session(as, mvr), txBytes });
		return { plaintext: toBase64(data) };
	} catch (error) {
		return { error: error.constructor.name, message: error.message, status: error.status ?? 0 };
	} finally {
		Date.now = now;
	}
}

for await (const line of createInterface({ input: process.stdin })) {
	console.log(JSON.stringify(await answer(JSON.parse(line))));
}
