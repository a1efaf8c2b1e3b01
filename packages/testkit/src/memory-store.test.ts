import { credentialsConformance } from "./conformance/credentials.ts";
import { deliveryStoreConformance } from "./conformance/delivery-store.ts";
import { importsConformance } from "./conformance/imports.ts";
import { loginDirectoryConformance } from "./conformance/login-directory.ts";
import { mailKeeperConformance } from "./conformance/mail-keeper.ts";
import { maildropStoreConformance } from "./conformance/maildrop-store.ts";
import { registryConformance } from "./conformance/registry.ts";
import { retrievalMarksConformance } from "./conformance/retrieval-marks.ts";
import { createMemoryStore, type StorePorts } from "./memory-store.ts";

const open = async (): Promise<StorePorts> => createMemoryStore();

maildropStoreConformance("memory", open);
deliveryStoreConformance("memory", open);
loginDirectoryConformance("memory", open);
credentialsConformance("memory", open);
registryConformance("memory", open);
mailKeeperConformance("memory", open);
retrievalMarksConformance("memory", open);
importsConformance("memory", open);
