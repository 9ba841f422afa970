/// <reference path="../pb_data/types.d.ts" />
// PocketBase's own way: a collection whose rules say that a task belongs to its owner.
migrate((app) => {
  const users = app.findCollectionByNameOrId("users");
  users.fields.getByName("password").cost = 12;
  users.fields.add(new TextField({ name: "username" }));
  app.save(users);

  const own = "owner = @request.auth.id";
  app.save(
    new Collection({
      type: "base",
      name: "tasks",
      listRule: own,
      viewRule: own,
      createRule: "@request.auth.id != '' && @request.body.owner = @request.auth.id",
      updateRule: own,
      deleteRule: own,
      fields: [
        { name: "owner", type: "relation", collectionId: users.id, required: true, cascadeDelete: true },
        { name: "project", type: "number" },
        { name: "title", type: "text", required: true, max: 200 },
        { name: "description", type: "text" },
        { name: "done", type: "bool" },
        { name: "completed_at", type: "date" },
        { name: "priority", type: "number", min: 0, max: 4, onlyInt: true },
        { name: "created_at", type: "autodate", onCreate: true },
        { name: "updated_at", type: "autodate", onCreate: true, onUpdate: true },
        { name: "version", type: "number", onlyInt: true },
      ],
      indexes: ["CREATE INDEX tasks_owner ON tasks (owner, created_at, id)"],
    }),
  );
});
