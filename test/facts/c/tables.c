// Tables at file scope.
struct inner {
	int a;
	struct deep {
		int b;
	} deep;
};

static const struct ops foo_ops = {
	.open = foo_open,
	.close = (void (*)(struct foo *))foo_close,
	.nested = {
		.pm = &foo_pm,
		.ids[0] = 3,
		.sleep = pm_sleep_ptr(&sleep_ops),
	},
	.nested.late = foo_late,
	.flags = FLAG_A | FLAG_B,
	.attrs = &((const struct foo_attrs){ .type = { .size = sizeof(struct foo), .get = foo_get }, .put = foo_put }).type,
	.list = (const struct item[]){ { foo_a, 1 }, { foo_b, 2 }, {} },
	.weird = foo_calls(1),
};

static const struct stage stages[] = {
	{ first_init, first_exit },
	STAGE(second),
	[STAGE_THIRD] = { .init = third_init },
	{ .init = fourth_init },
	[7 ... 9] = { NULL },
	{},
};

static int limit = -1;
const char *names[] = { "a", "b" };
struct foo *uninitialised;
