// Cases, ranges, fallthrough, default and constant selectors.
static int choose(struct foo *foo, int n)
{
	switch (next(foo)) {
	case 1:
		one(foo);
		break;
	case 2:
		two(foo);
		fallthrough;
	case 3 ... 5:
	case FOO_MANY:
		return many(foo);
	default:
		return -EINVAL;
	}
	switch (n) {
	case 0: {
		int n = zero(foo);

		use(n);
		break;
	}
	default:
		break;
	case 'x':
	case dead_label(1):
		while (foo->a) {
			if (foo->b)
				continue;
			break;
		}
	}
	switch (sizeof(u32) == 4 ? 1 : 2) {
	case 1:
		one(foo);
	}
	switch (2) {
	case 1:
		dead_case(foo);
		break;
	case 2:
		two(foo);
	}
	return 0;
}
