"""The reference protocol: SpecBench's own procedure, its wordings read from the user's checkout.

No text of SpecBench is part of this package. What is known here are facts about the code at commit
3794a18 (github.com/zzzhr97/SpecBench): digests of its texts, the names of their constants, the
parsing rules, the settings' places. `specloop specbench fingerprint` shows how far a checkout, with
the data, leads to the same prompts.
"""
