// Express 5 on SQLite: two processes by way of node's cluster.
const cluster = require("node:cluster");
const bcrypt = require("bcrypt");
const express = require("express");
const jwt = require("jsonwebtoken");

const { BENCH_DATABASE, BENCH_PORT, BENCH_SECRET } = process.env;
const CLAIMS = { issuer: "bench", audience: "bench" };
const SCHEMA = `
CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project INTEGER, title TEXT NOT NULL, description TEXT NOT NULL, done INTEGER NOT NULL,
    completed_at TEXT, priority INTEGER NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, version INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS tasks_owner ON tasks (owner, created_at, id);`;
const COLUMNS =
  "id, project, title, description, done, completed_at, priority, created_at, updated_at, version";

function openDatabase() {
  const Database = findBinding();
  const database = new Database(BENCH_DATABASE.replace("sqlite:///", ""));
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  return database;
}

// The binding of newer Nodes has the same calls, so it may stand in.
function findBinding() {
  try {
    return require("better-sqlite3");
  } catch {
    return require("node:sqlite").DatabaseSync;
  }
}

const asTask = (row) => ({ ...row, done: Boolean(row.done) });
const now = () => new Date().toISOString();
const newToken = (user) =>
  jwt.sign({ typ: "access" }, BENCH_SECRET, { ...CLAIMS, subject: String(user), expiresIn: 3600 });
const tokenAnswer = (user) => ({ access_token: newToken(user), token_type: "Bearer" });
const writeCursor = (row) => Buffer.from(`${row.created_at}|${row.id}`).toString("base64url");
const readCursor = (cursor) => Buffer.from(cursor, "base64url").toString().split("|");
const problem = (status, message) => Object.assign(new Error(message), { status });

function caller(request, response, next) {
  const [scheme, token] = (request.get("authorization") ?? "").split(" ");
  let claims;
  try {
    claims = jwt.verify(token, BENCH_SECRET, { ...CLAIMS, algorithms: ["HS256"] });
  } catch {
    throw problem(401, "This needs a valid access token.");
  }
  if (scheme !== "Bearer" || claims.typ !== "access")
    throw problem(401, "This needs a valid access token.");
  request.user = Number(claims.sub);
  next();
}

function checkTitle(body) {
  if (typeof body.title !== "string" || !body.title) throw problem(400, "A task needs a title.");
  return body.title;
}

function checkPriority(body) {
  const priority = body.priority ?? 0;
  if (!Number.isInteger(priority) || priority < 0 || priority > 4)
    throw problem(400, "A priority is a number from 0 to 4.");
  return priority;
}

function sendTask(response, row, status = 200) {
  response.status(status).set("ETag", `"${row.version}"`).json(asTask(row));
}

function authRoutes(app, database) {
  const add = database.prepare(
    "INSERT INTO users (email, username, password) VALUES (?, ?, ?) RETURNING id",
  );
  const find = database.prepare("SELECT id, password FROM users WHERE email = ? OR username = ?");
  app.post("/api/v1/auth/register", async ({ body }, response) => {
    const hashed = await bcrypt.hash(body.password, 12);
    response.status(201).json(tokenAnswer(add.get(body.email, body.username, hashed).id));
  });
  app.post("/api/v1/auth/login", async ({ body }, response) => {
    const user = find.get(body.login, body.login);
    if (!user || !(await bcrypt.compare(body.password, user.password)))
      throw problem(401, "The login or the password is wrong.");
    response.json(tokenAnswer(user.id));
  });
}

function readRoutes(app, database) {
  const select = `SELECT ${COLUMNS} FROM tasks WHERE owner = ?`;
  const order = "ORDER BY created_at DESC, id DESC LIMIT ?";
  const list = database.prepare(`${select} ${order}`);
  const listOn = database.prepare(`${select} AND (created_at, id) < (?, ?) ${order}`);
  const one = database.prepare(`${select} AND id = ?`);
  app.get("/api/v1/todo/tasks", caller, ({ query, user }, response) => {
    const limit = Number(query.limit ?? 20);
    const rows = query.cursor
      ? listOn.all(user, ...readCursor(query.cursor), limit + 1)
      : list.all(user, limit + 1);
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? writeCursor(page[limit - 1]) : null;
    response.json({ items: page.map(asTask), next });
  });
  app.get("/api/v1/todo/tasks/:id", caller, ({ params, user }, response) => {
    const row = one.get(user, Number(params.id));
    if (!row) throw problem(404, "There is no such task.");
    sendTask(response, row);
  });
}

function writeRoutes(app, database) {
  const create = database.prepare(
    `INSERT INTO tasks (owner, title, description, done, priority, created_at, updated_at, version)
     VALUES (?, ?, ?, 0, ?, ?, ?, 1) RETURNING ${COLUMNS}`,
  );
  const update = database.prepare(
    `UPDATE tasks SET title = ?, updated_at = ?, version = version + 1
     WHERE id = ? AND owner = ? AND version = ? RETURNING ${COLUMNS}`,
  );
  const exists = database.prepare("SELECT 1 FROM tasks WHERE id = ? AND owner = ?");
  app.post("/api/v1/todo/tasks", caller, ({ body, user }, response) => {
    const moment = now();
    const text = [checkTitle(body), String(body.description ?? ""), checkPriority(body)];
    sendTask(response, create.get(user, ...text, moment, moment), 201);
  });
  app.patch("/api/v1/todo/tasks/:id", caller, (request, response) => {
    const [id, version] = [Number(request.params.id), request.get("if-match").replaceAll('"', "")];
    const row = update.get(checkTitle(request.body), now(), id, request.user, Number(version));
    if (row) return sendTask(response, row);
    if (!exists.get(id, request.user)) throw problem(404, "There is no such task.");
    throw problem(412, "The task was changed meanwhile.");
  });
}

function serve() {
  const app = express();
  const database = openDatabase();
  app.use(express.json());
  app.get("/health/live", (request, response) => response.json({ status: "ok" }));
  authRoutes(app, database);
  readRoutes(app, database);
  writeRoutes(app, database);
  app.use((error, request, response, next) =>
    response.status(error.status ?? 500).json({ detail: error.message }),
  );
  app.listen(Number(BENCH_PORT), "127.0.0.1");
}

if (cluster.isPrimary) {
  openDatabase().exec(SCHEMA);
  for (let worker = 0; worker < 2; worker += 1) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
} else {
  serve();
}
