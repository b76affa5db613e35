// Asks each of some key servers twice for a key with the unmodified npm client
// @mysten/seal, and prints what its users are told. usage: node refusals.mjs
// <config.json>; see refusals_test.go.
import { readFileSync } from 'node:fs';
import { SealClient, SessionKey } from '@mysten/seal';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { fromHex } from '@mysten/sui/utils';
import { scriptedChain } from './chain.mjs';

const cfg = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const suiClient = scriptedChain(cfg.servers);

const tx = new Transaction();
tx.moveCall({ target: `${cfg.packageId}::any::seal_approve`, arguments: [tx.pure.vector('u8', fromHex(cfg.id))] });
const txBytes = await tx.build({ onlyTransactionKind: true });
const signer = new Ed25519Keypair();
const told = {};
for (const { objectId } of cfg.servers) {
	told[objectId] = [];
	for (let i = 0; i < 2; i++) {
		const client = new SealClient({ suiClient, serverConfigs: [{ objectId, weight: 1 }], verifyKeyServers: false });
		const sessionKey = await SessionKey.create({ address: signer.toSuiAddress(), packageId: cfg.packageId, ttlMin: 10, signer, suiClient });
		try {
			await client.fetchKeys({ ids: [cfg.id], txBytes, sessionKey, threshold: 1 });
			told[objectId].push({ name: '', message: '' });
		} catch (error) {
			told[objectId].push({ name: error.constructor.name, message: error.message });
		}
	}
}
console.log(JSON.stringify(told));
