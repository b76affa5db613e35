SELECT policy_as_of($1, $2)
